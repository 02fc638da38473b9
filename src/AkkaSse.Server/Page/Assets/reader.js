// Reads an event stream: with fetch, which hears every type, or with an EventSource, as the pages of applications do, which hears only
// types that it was told of. Both are opened with a ticket where the server asks who is there.
import { problem, Refusal } from "/page/tickets.js";

const MAX_WAIT_MS = 30000;
const CONTROL = ["hub.open", "hub.gap", "hub.position", "hub.subscriptions", "hub.drain", "hub.end"];

/** Splits an event stream into events (HTML standard, 9.2.6). Give it text as it comes; it calls back for each event. */
export function parser(onEvent, onRetry) {
  let rest = "";
  let type = "", id = null, data = [];
  const line = text => {
    if (text === "") {
      if (data.length > 0) onEvent({ type: type || "message", id, data: data.join("\n") });
      type = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") data.push(value);
    else if (name === "event") type = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) onRetry(Number(value));
  };
  return text => {
    rest += text;
    // A CR at the end may be the first half of a line's end.
    for (let end; (end = rest.search(/\r\n|\n|\r(?=[^])/)) >= 0;) {
      const found = rest.slice(0, end);
      rest = rest.slice(end + (rest.startsWith("\r\n", end) ? 2 : 1));
      line(found);
    }
  };
}

/**
 * Reads one stream until it is closed, and comes back after what will pass.
 * Options: query (of a list: once for each value), tickets, plain (an EventSource), types (that an EventSource is told of).
 * Callbacks: onState("connecting" | "open" | "refused", text), onEvent({stream, type, id, data}).
 */
export function read(stream, { query, tickets, plain, types }, { onState, onEvent }) {
  const control = new AbortController();
  const { signal } = control;
  let lastId = null, retry = 1000, failures = 0;

  // A list of values is a parameter that is given so often.
  const url = (ticket, more = {}) => {
    const all = Object.entries({ stream, ...query, ...(ticket ? { ticket } : {}), ...more });
    return `/v1/stream/events?${new URLSearchParams(all.flatMap(([name, value]) => [value].flat().map(one => [name, one])))}`;
  };
  const give = event => {
    failures = 0;
    if (event.id) lastId = event.id;
    onEvent({ stream, ...event, id: lastId ?? "" });
  };

  // Null: the stream is to be opened again; a problem: with another ticket. Throws a Refusal.
  async function fetched(ticket) {
    const response = await fetch(url(ticket), { headers: lastId ? { "Last-Event-ID": lastId } : {}, signal, cache: "no-store" });
    if (response.status === 401 && ticket) return await problem(response);
    if (response.status === 204) throw new Refusal({ text: "ended by the hub; it does not come back", wait: null });
    if (!response.ok) throw new Refusal(await problem(response));
    onState("open", "");
    const parse = parser(give, ms => { retry = ms; });
    const body = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part; !(part = await body.read()).done;) parse(part.value);
    return null;
  }

  // It comes back by itself with the ticket that it has, and has closed for good when this ends.
  async function listened(ticket) {
    await new Promise(closed => {
      const source = new EventSource(url(ticket, lastId ? { last_event_id: lastId } : {}));
      const end = () => { source.close(); closed(); };
      if (signal.aborted) return end();
      signal.addEventListener("abort", end, { once: true });
      source.onopen = () => onState("open", "");
      source.onerror = () => source.readyState === EventSource.CLOSED ? end() : onState("connecting", "the stream ended; reconnecting");
      for (const type of new Set(["message", ...CONTROL, ...types]))
        source.addEventListener(type, event => give({ type, id: event.lastEventId, data: event.data }));
    });
    if (signal.aborted) return null;
    // An EventSource does not say why: the same question does, and is given up when it would be a stream.
    const asking = new AbortController();
    const response = await fetch(url(ticket), { signal: asking.signal, cache: "no-store" });
    try {
      if (response.status === 401 && ticket) return await problem(response);
      if (response.status === 204) throw new Refusal({ text: "ended by the hub; it does not come back", wait: null });
      if (!response.ok) throw new Refusal(await problem(response));
      return null;
    } finally {
      asking.abort();
    }
  }

  (async () => {
    let bad = null;
    while (!signal.aborted) {
      let pause = 0;
      try {
        const ticket = await tickets.get(bad);
        const why = await (plain ? listened(ticket) : fetched(ticket));
        if (signal.aborted) return;
        // A second ticket that is not accepted either will not be the last.
        if (why && bad !== null) throw new Refusal(why);
        bad = why ? ticket : null;
        if (why) {
          onState("connecting", "the ticket has ended; getting another");
          continue;
        }
        onState("connecting", "the stream ended; reconnecting");
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refusal && error.wait === null) return onState("refused", error.message);
        pause = error.wait ?? 0;
        onState("connecting", pause > 0 ? error.message : `${error.message}; reconnecting`);
      }
      const wait = Math.max(pause, Math.min(MAX_WAIT_MS, retry * 2 ** Math.min(failures++, 5)) * (0.5 + Math.random() / 2));
      await new Promise(resume => setTimeout(resume, wait));
    }
  })();
  return () => control.abort();
}
