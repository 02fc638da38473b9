// Text of events goes into the page by textContent alone; the policy of the page forbids every other script anyway.
const $ = id => document.getElementById(id);

// More rows make the page slow long before they help anybody.
const MAX_ROWS = 500;
const REFRESH_MS = 5000;
const CONTROL = ["hub.open", "hub.gap", "hub.position", "hub.subscriptions", "hub.drain", "hub.end", "hub.ping"];

// One per EventSource object: the hub lets the same instance replace itself at once, and tells two tabs apart.
const instance = crypto.randomUUID();
let source = null;
let received = 0;
let draining = false;
let refused = null;
const listening = new Set();
const known = new Set();

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

function add(type, id, data) {
  const row = document.createElement("tr");
  row.dataset.type = type;
  row.dataset.kind = type === "hub.gap" ? "gap" : type.startsWith("hub.") ? "control" : "event";
  const time = new Date().toISOString().slice(11, 23);
  for (const text of [time, type, id, row.dataset.kind === "event" ? data : sentence(type, data)]) {
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
  if (event.type.startsWith("hub.")) {
    onControl(event);
  } else {
    received++;
    $("received").textContent = String(received);
  }
  add(event.type, event.lastEventId, event.data);
}

function onControl(event) {
  const data = parse(event.data);
  if (event.type === "hub.open") {
    draining = false;
    refused = null;
    $("client").textContent = data.client ?? "–";
    show("open", `subscribed to ${(data.streams ?? []).map(s => s.stream).join(", ")}`);
  } else if (event.type === "hub.drain") {
    draining = true;
    show("draining", "the node stops; reconnecting");
  } else if (event.type === "hub.end") {
    refused = data.reason ?? "ended";
    show("refused", `ended: ${refused}`);
  }
}

function listen(type) {
  if (!source || listening.has(type)) return;
  listening.add(type);
  source.addEventListener(type, onEvent);
}

function close() {
  source?.close();
  source = null;
  listening.clear();
  $("disconnect").disabled = true;
  show("closed", "not subscribed");
}

function subscribe(streams) {
  close();
  const query = new URLSearchParams();
  for (const stream of streams) query.append("stream", stream);
  if ($("since").value) query.set("since", $("since").value);
  query.set("instance", instance);
  show("connecting", "connecting");
  source = new EventSource(`/v1/events?${query}`);
  const mine = source;
  for (const type of ["message", ...CONTROL, ...words($("types").value)]) listen(type);
  source.onerror = () => {
    if (mine !== source) return;
    if (mine.readyState === EventSource.CLOSED) {
      close();
      show("refused", "refused; the browser does not try again");
    } else if (!draining) {
      show("connecting", refused ? `ended: ${refused}; trying again` : "connection lost; reconnecting");
    }
  };
  $("disconnect").disabled = false;
  refresh().then(() => streams.forEach(learn));
}

// EventSource has no way to hear every type, so the types of what is retained are looked up.
async function learn(stream) {
  if (!known.has(stream)) return;
  const response = await fetch(`/v1/streams/${encodeURIComponent(stream)}/history?limit=1000`);
  if (!response.ok) return;
  const page = await response.json();
  for (const event of page.events ?? []) if (event.type) listen(event.type);
}

async function publish(stream, type, data) {
  const note = $("published");
  if (type) listen(type);
  const query = new URLSearchParams({ stream });
  if (type) query.set("type", type);
  try {
    const response = await fetch(`/v1/publish?${query}`, { method: "POST", headers: { "Content-Type": "text/plain" }, body: data });
    const answer = await response.json();
    note.toggleAttribute("data-failed", !response.ok);
    note.textContent = response.ok ? `${answer.id ?? "sent"}; readers on this node: ${answer.localReaders}` : answer.detail ?? answer.title;
  } catch (error) {
    note.toggleAttribute("data-failed", true);
    note.textContent = `not sent: ${error.message}`;
  }
  await refresh();
}

async function refresh() {
  try {
    const [streams, cluster] = await Promise.all([fetch("/v1/streams?limit=100"), fetch("/v1/cluster")]);
    if (streams.ok) list((await streams.json()).streams ?? []);
    if (cluster.ok) {
      const nodes = (await cluster.json()).nodes ?? [];
      $("connections").textContent = String(nodes.reduce((sum, node) => sum + (node.load?.connections ?? node.connections ?? 0), 0));
    }
  } catch {
    $("connections").textContent = "–";
  }
}

function list(streams) {
  known.clear();
  const items = streams.map(stream => {
    const item = document.createElement("li");
    const name = document.createElement("button");
    name.type = "button";
    name.textContent = stream.name ?? stream.stream;
    known.add(name.textContent);
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
setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
refresh();
