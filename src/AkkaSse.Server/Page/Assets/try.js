// The first tab: subscribes to streams, publishes, and shows what comes. The page had nothing else before the console.
import { account, ended, headers, instance, onAccount, ticketSource } from "/page/account.js";
import { $ } from "/page/dom.js";
import { poll } from "/page/poll.js";
import { read } from "/page/reader.js";

// More rows make the page slow long before they help anybody.
const MAX_ROWS = 500;
const REFRESH_MS = 5000;

// Connections that a browser keeps to one server over HTTP/1.1 are six; publishing, the lists and another tab's stream need some of them.
const MAX_STREAMS = 4;

let readers = new Map();
let received = 0;

function show(state, text) {
  $("state").dataset.state = state;
  $("state").textContent = text;
}

function words(text) {
  return [...new Set(text.split(/\s+/).filter(Boolean))];
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function sentence(type, data) {
  const d = parse(data);
  switch (type) {
    case "hub.open":
      return `connected as ${d.client}; ${(d.streams ?? []).map(s => `${s.stream} at ${s.head}`).join(", ") || "no streams"}`;
    case "hub.gap": {
      const range = d.from == null ? "events of unknown number" : d.from === d.to ? `event ${d.from}` : `events ${d.from} to ${d.to}`;
      return `missed ${range} of ${d.stream} (${d.reason})`;
    }
    case "hub.drain":
      return "the node stops; reconnecting";
    case "hub.end":
      return `ended: ${d.reason}`;
    default:
      return data;
  }
}

function add({ stream, type, id, data }) {
  const row = document.createElement("tr");
  row.dataset.type = type;
  row.dataset.kind = type === "hub.gap" ? "gap" : type.startsWith("hub.") ? "control" : "event";
  const time = new Date().toISOString().slice(11, 23);
  for (const text of [time, stream, type, id, row.dataset.kind === "event" ? data : sentence(type, data)]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    row.append(cell);
  }
  const body = $("events");
  body.prepend(row);
  while (body.rows.length > MAX_ROWS) body.deleteRow(-1);
  $("events-empty").hidden = true;
}

function onEvent(event) {
  const reader = readers.get(event.stream);
  if (!event.type.startsWith("hub.")) {
    received++;
    $("received").textContent = String(received);
  } else if (event.type === "hub.open") {
    $("client").textContent = parse(event.data).client ?? "–";
  } else if (event.type === "hub.drain") {
    reader.note = "the node stops; reconnecting";
  } else if (event.type === "hub.end") {
    reader.note = `ended: ${parse(event.data).reason ?? "unknown reason"}`;
  }
  add(event);
}

function onState(stream, state, text) {
  const reader = readers.get(stream);
  if (!reader) return;
  if (state === "open") reader.note = "";
  reader.state = state;
  // Why it does not come back says more than why it ended.
  reader.text = state === "refused" ? text : reader.note || text;
  const all = [...readers];
  const worst = ["refused", "connecting", "open"].find(s => all.some(([, r]) => r.state === s));
  const names = all.filter(([, r]) => r.state === worst);
  show(worst, worst === "open" ? `subscribed to ${all.map(([name]) => name).join(", ")}` : names.map(([name, r]) => `${name}: ${r.text || "connecting"}`).join("; "));
}

function close() {
  for (const reader of readers.values()) reader.close();
  readers = new Map();
  $("disconnect").disabled = true;
  show("closed", "not subscribed");
}

function subscribe(streams) {
  close();
  if (streams.length > MAX_STREAMS) {
    show("refused", `${streams.length} streams; this page reads at most ${MAX_STREAMS} at once`);
    return;
  }
  const query = { instance };
  const types = words($("types").value);
  if ($("since").value) query.since = $("since").value;
  if (types.length > 0) query.type = types[0];
  for (const stream of streams) readers.set(stream, { state: "connecting", text: "connecting", note: "", close: () => {} });
  show("connecting", "connecting");
  for (const stream of streams) {
    const own = readers.get(stream);
    own.close = read(stream, { query, types, tickets: ticketSource, plain: $("reader").value === "EventSource" }, {
      onEvent: event => readers.get(stream) === own && onEvent(event),
      onState: (state, text) => readers.get(stream) === own && onState(stream, state, text),
    });
  }
  $("disconnect").disabled = false;
  refresh();
}

async function publish(stream, type, data) {
  const note = $("published");
  const query = new URLSearchParams({ stream });
  if (type) query.set("type", type);
  try {
    const response = await fetch(`/v1/publish?${query}`, { method: "POST", headers: { "Content-Type": "text/plain", ...headers() }, body: data });
    const answer = await response.json();
    note.toggleAttribute("data-failed", !response.ok);
    note.textContent = response.ok ? `${answer.id ?? "sent"}; readers on this node: ${answer.localReaders}` : answer.detail ?? answer.title;
  } catch (error) {
    note.toggleAttribute("data-failed", true);
    note.textContent = `not sent: ${error.message}`;
  }
  await refresh();
}

// False: nothing changes until somebody else signs in.
async function refresh() {
  let refused = false;
  try {
    const [streams, cluster] = await Promise.all([fetch("/v1/streams?limit=100", { headers: headers() }), fetch("/v1/cluster", { headers: headers() })]);
    if (streams.ok) {
      const page = await streams.json();
      list(page.streams ?? [], "None yet: the first publish creates one.");
      if (page.complete === false) {
        $("list-empty").textContent = `Nodes that did not answer: ${page.missing.join(", ")}. Their streams may be missing here.`;
        $("list-empty").hidden = false;
      }
    } else list([], streams.status === 401 || streams.status === 403 ? "A token that may list streams is needed." : `The list cannot be read: status ${streams.status}.`);
    // A session has an end of its own, and may be revoked.
    if (streams.status === 401) await ended();
    refused = streams.status === 401;
    if (cluster.ok) {
      const nodes = (await cluster.json()).nodes ?? [];
      $("connections").textContent = String(nodes.reduce((sum, node) => sum + (node.load?.connections ?? node.connections ?? 0), 0));
    } else {
      $("connections").textContent = "–";
    }
  } catch (error) {
    $("connections").textContent = "–";
    list([], `The server does not answer: ${error.message}.`);
  }
  return !refused;
}

function list(streams, empty) {
  const items = streams.map(stream => {
    const item = document.createElement("li");
    const name = document.createElement("button");
    name.type = "button";
    name.textContent = stream.name ?? stream.stream;
    name.addEventListener("click", () => {
      $("streams").value = $("stream").value = name.textContent;
      subscribe([name.textContent]);
    });
    const facts = document.createElement("span");
    facts.className = "hint";
    facts.textContent = `head ${stream.head}, readers ${stream.localReaders}`;
    item.append(name, facts);
    return item;
  });
  $("list").replaceChildren(...items);
  $("list-empty").textContent = empty;
  $("list-empty").hidden = items.length > 0;
}

$("subscribe").addEventListener("submit", event => {
  event.preventDefault();
  subscribe(words($("streams").value));
});
$("disconnect").addEventListener("click", close);
$("publish").addEventListener("submit", event => {
  event.preventDefault();
  publish($("stream").value.trim(), $("type").value.trim(), $("data").value);
});
$("clear").addEventListener("click", () => {
  $("events").replaceChildren();
  $("events-empty").hidden = false;
});
$("refresh").addEventListener("click", refresh);

const polling = poll(refresh, { least: REFRESH_MS });
let shown = false;
onAccount(what => {
  if (what === "out") close();
  if (shown) polling.start();
});

export default {
  show() {
    shown = true;
    polling.start();
  },
  // Its streams stay open: who comes back finds what came meanwhile.
  hide() {
    shown = false;
    polling.stop();
  },
};
