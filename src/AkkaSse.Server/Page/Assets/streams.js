// The streams by name: what each has and keeps, and what may be done with it.
import { mayAll, onAccount, prefixes } from "/page/account.js";
import { ask } from "/page/api.js";
import { question } from "/page/dialogs.js";
import { $, bytes, count, make, say, short } from "/page/dom.js";
import { pages } from "/page/pages.js";

// Heads at the last two looks: what was appended in between, by whichever node.
let heads = new Map();

function rates(streams) {
  const at = performance.now();
  const now = new Map();
  for (const stream of streams) {
    const seen = heads.get(stream.name);
    const known = seen && seen.epoch === stream.epoch && stream.head >= seen.head && at > seen.at;
    stream.rate = known ? (stream.head - seen.head) * 1000 / (at - seen.at) : null;
    now.set(stream.name, { epoch: stream.epoch, head: stream.head, at });
  }
  heads = now;
}

/** What a stream keeps, in words. */
export const retention = o => o.replay ? `${o.maxAge}, ${short(o.maxEvents)} events, ${bytes(o.maxBytes)}` : "nothing (live only)";

const columns = [
  {
    label: "Stream",
    fill(cell) {
      const link = make("a");
      cell.append(link);
      return stream => {
        if (link.textContent === stream.name) return;
        link.textContent = stream.name;
        link.href = `#/stream/${encodeURIComponent(stream.name)}`;
      };
    },
  },
  { label: "Head", text: s => count(s.head) },
  { label: "Events/s", text: s => short(s.rate) },
  { label: "Readers here", text: s => count(s.localReaders) },
  { label: "Retained", text: s => `${count(s.head - s.first + 1)}, ${bytes(s.bytes)}` },
  { label: "Keeps", text: s => retention(s.options) },
  { label: "Slow readers", text: s => s.options.slowReader },
  {
    label: "",
    fill(cell, row) {
      const clear = make("button", { type: "button", text: "Clear" });
      const remove = make("button", { type: "button", text: "Remove" });
      clear.addEventListener("click", () => askToClear(row.item.name));
      remove.addEventListener("click", () => askToRemove(row.item.name));
      cell.className = "actions";
      cell.append(clear, remove);
      return stream => {
        clear.ariaLabel = `Clear ${stream.name}`;
        remove.ariaLabel = `Remove ${stream.name}`;
      };
    },
  },
];

const list = pages("streams", {
  path: "/v1/streams", member: "streams", grant: "subscribe or manage (of a prefix: with that prefix)",
  query: () => ({ prefix: $("streams-prefix").value }),
  columns, key: s => s.name, open: s => { location.hash = `#/stream/${encodeURIComponent(s.name)}`; }, taken: rates,
  empty: () => $("streams-prefix").value ? "No stream has a name that begins so."
    : "No streams yet: the first publish, or Create, makes one.",
});

async function done(answer) {
  if (!answer.ok) return answer.text;
  await list.refresh();
  return "";
}

function askToClear(stream) {
  question(`Clear ${stream}?`, "All retained events go. Offsets go on, and readers stay.", "Clear", [], async () =>
    done(await ask("/v1/stream/history", { method: "DELETE", query: { stream }, grant: `manage:${stream}` })));
}

function askToRemove(stream) {
  question(`Remove ${stream}?`, "The stream and its events go, and its readers end.", "Remove", [], async () =>
    done(await ask("/v1/stream", { method: "DELETE", query: { stream }, grant: `manage:${stream}` })));
}

async function create() {
  const name = $("create-name").value;
  const options = {};
  if ($("create-age").value) options.maxAge = $("create-age").value.trim();
  for (const [field, option] of [["create-events", "maxEvents"], ["create-bytes", "maxBytes"]])
    if ($(field).value) options[option] = Number($(field).value);
  if ($("create-policy").value) options.slowReader = $("create-policy").value;
  const given = Object.keys(options).length > 0;
  const body = given ? { json: options } : {};
  const answer = await ask("/v1/stream", { method: "PUT", query: { stream: name }, grant: `manage:${name}`, ...body });
  const words = answer.status === 201 ? `${name} was created.` : `${name} was there${given ? "; it has these options now" : ""}.`;
  say($("create-note"), answer.ok ? words : answer.text, !answer.ok);
  if (answer.ok) await list.refresh();
}

// Who may list a prefix only begins with it.
function begin() {
  if ($("streams-prefix").value || mayAll("subscribe") || mayAll("manage")) return;
  $("streams-prefix").value = prefixes("subscribe", "manage")[0] ?? "";
}

let shown = false;
let typed = null;
$("streams-prefix").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(list.first, 250);
});
$("streams-search").addEventListener("submit", event => {
  event.preventDefault();
  list.first();
});
$("create").addEventListener("submit", event => {
  event.preventDefault();
  create();
});
onAccount(() => {
  begin();
  if (shown) list.first();
});

export default {
  show() {
    shown = true;
    begin();
    list.start();
  },
  hide() {
    shown = false;
    list.stop();
  },
};
