// What was lost or refused: the node's own counters, and with the grant the entries of the audit as they come.
import { account, instance, onAccount, ticketSource } from "/page/account.js";
import { ask } from "/page/api.js";
import { $, count, say, time } from "/page/dom.js";
import { events } from "/page/events.js";
import { losses, samples, trouble, watch } from "/page/figures.js";
import { read } from "/page/reader.js";
import { rows } from "/page/rows.js";

const AUDIT = "$audit";
const KINDS = ["refuse", "disconnect", "revoke", "session", "manage", "end", "dropped"];

const table = rows($("losses-rows"), {
  columns: [
    { label: "What", text: l => l.kind },
    { label: "Why", text: l => l.reason || "–" },
    { label: "Last minute", text: l => count(l.recent.reduce((sum, [, n]) => sum + n, 0)) },
    { label: "Since the start", text: l => count(l.total) },
    { label: "Seen last", text: l => l.last ? time(l.last) : "before this page looked" },
  ],
  key: l => `${l.kind}\n${l.reason}`,
});

function show() {
  const all = [...losses.values()].sort((a, b) => (b.last ?? 0) - (a.last ?? 0) || b.total - a.total);
  table.show(all);
  const nothing = all.length === 0 ? "Nothing was lost or refused since the node has started." : "";
  say($("losses-note"), trouble || nothing, trouble !== "" && samples.length === 0);
}

const list = events("audit", [
  { label: "Time", text: e => e.time },
  { label: "Kind", text: e => e.type },
  { label: "Who", text: e => e.who },
  { label: "What", text: e => e.what },
]);

function entry({ type, data }) {
  if (type.startsWith("hub.")) return;
  let e = {};
  try {
    e = JSON.parse(data);
  } catch {
    // Shown as it came.
  }
  const about = [...(e.streams ?? []), e.client, e.zone, e.target].filter(Boolean).join(", ");
  const why = [e.status, e.code, e.reason].filter(Boolean).join(" ");
  const many = e.count > 1 ? ` (${count(e.count)} times)` : "";
  list.add({
    type, data, id: "", time: time(e.time), who: [e.subject ?? "nobody", e.remote].filter(Boolean).join(" from "),
    what: [e.call ?? "", about, why].filter(Boolean).join(" · ") + many, kind: type === "refuse" || type === "dropped" ? "gap" : "event",
    title: [type, e.time].filter(Boolean).join(" · "),
  });
}

let close = null, leave = null, turn = 0;

async function openAudit() {
  closeAudit();
  const own = ++turn;
  if (account.open) return say($("audit-state"), "There is no audit where nobody has to authenticate.");
  const there = await ask("/v1/stream", { query: { stream: AUDIT }, grant: "audit" });
  if (!leave || own !== turn) return;
  // Nobody writes it, so nothing would ever come.
  if (there.status === 404) return say($("audit-state"), "No audit is kept as a stream: the key Audit:Stream turns it on.");
  if (!there.ok) return say($("audit-state"), there.text, true);
  list.set();
  close = read(AUDIT, { query: { instance, since: "last:500", type: KINDS }, tickets: ticketSource, plain: false, types: [] }, {
    onEvent: event => own === turn && entry(event),
    onState: (state, text) => own === turn && say($("audit-state"), state === "open" ? "" : text || "Connecting.", state === "refused"),
  });
}

function closeAudit() {
  turn++;
  close?.();
  close = null;
}

$("audit-filter").addEventListener("input", () => {
  const text = $("audit-filter").value.toLowerCase();
  list.filter(e => text === "" || e.data.toLowerCase().includes(text));
});
$("audit-search").addEventListener("submit", event => event.preventDefault());
onAccount(() => leave && openAudit());

export default {
  show() {
    leave = watch(show);
    show();
    openAudit();
  },
  hide() {
    leave?.();
    leave = null;
    closeAudit();
  },
};
