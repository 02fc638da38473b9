// The console: its tabs, the theme, and the keys that hold everywhere.
import { begin } from "/page/account.js";
import clients from "/page/clients.js";
import cluster from "/page/cluster.js";
import { $ } from "/page/dom.js";
import overview from "/page/overview.js";
import { redraw } from "/page/plots.js";
import refusals from "/page/refusals.js";
import stream from "/page/stream.js";
import streams from "/page/streams.js";
import tryTab from "/page/try.js";

const tabs = { try: tryTab, overview, streams, stream, clients, cluster, refusals };
let present = null;

// #/stream/a%2Fb: a tab, and what it is to show. The server's front door opens the first tab, /console the overview.
// (With the slash no element has such an id: the browser would move the focus there.)
function route() {
  const [name, parameter] = location.hash.slice(2).split("/", 2);
  const at = Object.hasOwn(tabs, name) ? name : location.pathname === "/console" ? "overview" : "try";
  let named = "";
  try {
    named = decodeURIComponent(parameter ?? "");
  } catch {
    // A hand-made address; the tab asks for a name.
  }
  go(at, named);
}

function go(name, parameter) {
  if (present !== null && present !== name) tabs[present].hide();
  present = name;
  for (const tab of Object.keys(tabs)) {
    const is = tab === name;
    $(`panel-${tab}`).hidden = !is;
    $(`tab-${tab}`).setAttribute("aria-selected", String(is));
    $(`tab-${tab}`).tabIndex = is ? 0 : -1;
  }
  document.title = name === "try" ? "AkkaSse" : `${$(`tab-${name}`).textContent} · AkkaSse`;
  $(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  tabs[name].show(parameter);
}

$("tabs").addEventListener("keydown", event => {
  const all = [...$("tabs").children];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const tab = all[to % all.length];
  tab.focus();
  location.hash = tab.hash;
});

// The field that looks for something in the tab; not while somebody writes, nor beside a key that the browser uses.
document.addEventListener("keydown", event => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select") || $("dialog").open) return;
  const field = $(`panel-${present}`).querySelector("[data-search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

const theme = $("theme");
theme.value = document.documentElement.dataset.theme ?? "";
theme.addEventListener("change", () => {
  if (theme.value) {
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem("theme", theme.value);
  } else {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("theme");
  }
  redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

window.addEventListener("hashchange", route);
await begin();
route();
