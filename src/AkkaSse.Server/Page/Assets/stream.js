// One stream: its newest events as they come, its history by offset and time, and publishing to it.
import { instance, onAccount, ticketSource } from "/page/account.js";
import { ask, isRefusal } from "/page/api.js";
import { $, bytes, count, say, short, time } from "/page/dom.js";
import { events } from "/page/events.js";
import { before, from, inspect, offsetAt } from "/page/history.js";
import { poll } from "/page/poll.js";
import { read } from "/page/reader.js";
import { retention } from "/page/streams.js";

const list = events("one", [
  { label: "Time", text: e => e.time },
  { label: "Type", text: e => e.type },
  { label: "Id", text: e => e.id },
  { label: "Data", text: e => e.data },
]);

let stream = null, info = null, close = null, shown = false, page = null, rateFrom = null;

const polling = poll(async () => {
  const asked = stream;
  const answer = await inspect(asked);
  if (asked !== stream) return true;
  info = answer.ok ? answer.body : null;
  if (!info) {
    const absent = answer.status === 404;
    const nothing = "There is no such stream yet: the first publish creates it, where the hub allows that.";
    say($("one-facts"), absent ? nothing : answer.text, !absent);
    return !isRefusal(answer);
  }
  const at = performance.now();
  const rate = rateFrom?.epoch === info.epoch ? short((info.head - rateFrom.head) * 1000 / (at - rateFrom.at)) : "–";
  rateFrom = { epoch: info.epoch, head: info.head, at };
  say($("one-facts"), `Head ${count(info.head)} (epoch ${info.epoch}), first ${count(info.first)}, ${bytes(info.bytes)}; ${rate} events/s; `
    + `${count(info.localReaders)} readers here; keeps ${retention(info.options)}; slow readers: ${info.options.slowReader}; `
    + `${info.declared ? "created" : "created by a publish"} ${time(info.createdAt)}.`);
  // A reader of such a stream can hold up who publishes to it; a console is one.
  $("one-waits").hidden = info.options.slowReader !== "wait";
  return true;
}, { least: 2000 });

const sentences = {
  "hub.open": () => "reading", "hub.end": d => `ended: ${d.reason}`, "hub.drain": () => "the node stops; reconnecting",
  "hub.gap": d => `missed ${d.from ?? "?"} to ${d.to ?? "?"} (${d.reason})`,
};

function received({ type, id, data }) {
  const control = type.startsWith("hub.");
  let text = data;
  if (control) {
    try {
      text = sentences[type]?.(JSON.parse(data)) ?? data;
    } catch {
      // As it came.
    }
  }
  const kind = type === "hub.gap" ? "gap" : control ? "control" : "event";
  list.add({ time: new Date().toLocaleTimeString([], { hour12: false }), type, id, data: text, kind });
}

function tail() {
  close?.();
  page = null;
  $("one-older").disabled = $("one-newer").disabled = true;
  list.set();
  $("one-live").setAttribute("aria-pressed", "true");
  const query = { instance };
  if ($("one-since").value) query.since = $("one-since").value;
  const own = read(stream, { query, tickets: ticketSource, plain: false, types: [] }, {
    onEvent: event => close === own && received(event),
    onState: (state, text) => close === own && say($("one-state"), state === "open" ? "Live." : text || "Connecting.", state === "refused"),
  });
  close = own;
  say($("one-state"), "Connecting.");
}

function stop() {
  close?.();
  close = null;
  $("one-live").setAttribute("aria-pressed", "false");
}

// Shows a page of history in place of the tail.
async function history(find) {
  stop();
  say($("one-state"), "Reading the history.");
  const answer = await inspect(stream);
  if (!answer.ok) return say($("one-state"), answer.text, true);
  info = answer.body;
  let found;
  try {
    found = await find(info);
  } catch (error) {
    return say($("one-state"), error.message, true);
  }
  if (!found.ok) return say($("one-state"), found.text, true);
  const read = found.body.events;
  list.set(read.map(e => ({
    time: time(e.at), type: e.type ?? "message", id: e.eid ? `${e.id} (${e.eid})` : e.id, data: e.data ?? "", kind: "event",
  })));
  page = read.length > 0 ? { first: read[0].offset, last: read[read.length - 1].offset } : { first: found.start, last: found.start - 1 };
  $("one-older").disabled = page.first <= info.first;
  $("one-newer").disabled = page.last >= info.head;
  const place = `offsets ${count(page.first)} to ${count(page.last)} of ${count(info.first)} to ${count(info.head)}`;
  say($("one-state"), `History: ${read.length > 0 ? place : "nothing is retained there"}.`);
}

function filter() {
  const text = $("one-filter").value.toLowerCase();
  list.filter(text === "" ? () => true : e => [e.type, e.id, e.data].some(part => part.toLowerCase().includes(text)));
}

async function publish() {
  const answer = await ask("/v1/publish", {
    method: "POST", query: { stream, type: $("one-type").value.trim() }, text: $("one-data").value, grant: `publish:${stream}`,
  });
  const words = answer.ok ? `${answer.body.id ?? "sent"}; readers on this node: ${answer.body.localReaders}` : answer.text;
  say($("one-published"), words, !answer.ok);
  if (answer.ok) polling.now();
}

function open(name) {
  if (!name) {
    stop();
    polling.stop();
    stream = null;
    $("one").hidden = true;
    return;
  }
  const other = name !== stream;
  stream = name;
  $("one").hidden = false;
  $("one-name").value = name;
  $("one-title").textContent = name;
  if (other) {
    info = rateFrom = null;
    say($("one-facts"), "");
    say($("one-published"), "");
  }
  polling.start();
  if (other || !close && !page) tail();
}

const pauseButton = $("one-pause");
const pressed = (button, on) => button.setAttribute("aria-pressed", String(on));
pauseButton.addEventListener("click", () => {
  const on = pauseButton.getAttribute("aria-pressed") !== "true";
  pressed(pauseButton, on);
  list.pause(on);
});
$("one-live").addEventListener("click", () => close ? stop() : tail());
$("one-since").addEventListener("change", tail);
$("one-clear").addEventListener("click", () => list.set());
$("one-filter").addEventListener("input", filter);
$("one-json").addEventListener("change", event => list.json(event.target.checked));
$("one-older").addEventListener("click", () => page && history(i => before(i, page.first)));
$("one-newer").addEventListener("click", () => page && history(i => from(i, page.last + 1)));
$("one-by-offset").addEventListener("submit", event => {
  event.preventDefault();
  const offset = $("one-offset").value;
  history(i => from(i, offset === "" ? i.first : Number(offset)));
});
$("one-by-time").addEventListener("submit", event => {
  event.preventDefault();
  history(async i => from(i, await offsetAt(i, new Date($("one-time").value))));
});
$("one-publish").addEventListener("submit", event => {
  event.preventDefault();
  publish();
});
$("one-open").addEventListener("submit", event => {
  event.preventDefault();
  location.hash = `#/stream/${encodeURIComponent($("one-name").value)}`;
});
onAccount(() => {
  if (!shown || !stream) return;
  polling.start();
  tail();
});

export default {
  show(name) {
    shown = true;
    open(name || stream);
  },
  hide() {
    shown = false;
    // A browser has six connections to one server: the tail gives its own back.
    if (close) stop();
    polling.stop();
  },
};
