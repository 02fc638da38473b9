// The browser client of AkkaSse. Types and words: akkasse.d.ts; how it is used: docs/browser.md.
// Parts, from the wire up: EventParser, places in streams, Connection, and what tabs share: Ring, Leader, Subscription.

const MIN_RETRY = 500, MAX_BACKOFF = 60_000, STABLE_AFTER = 5_000;
const RING_EVENTS = 1_024, RING_CHARS = 1 << 20;
// The end of these is not a matter of time; what else ends a connection passes.
const FINAL = ["removed", "replaced", "not-found"], RENEW = ["credential-expired", "revoked"];
// Statuses below 500 that pass, or that another credential may mend; 404 is final when the hub itself says so.
const PASSING = [401, 403, 404, 408, 409, 421, 425, 429];

export class HubError extends Error {
  constructor(message, { status, code, reason, final = false, wait = 0 } = {}) {
    super(message);
    Object.assign(this, { name: "HubError", status, code, reason, final, wait });
  }
}

// An error as a message between tabs: a clone of it would lose what a HubError adds.
const plain = ({ message, status, code, reason, final, wait }) => ({ message, status, code, reason, final, wait });

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Splits the bytes of an event stream into events (HTML standard, 9.2). An event beyond maxBytes has the data null. */
export class EventParser {
  #give; #max; #line = new Uint8Array(512); #length = 0; #isLong = false; #afterCr = false; #isFirst = true;
  #type = ""; #data = []; #size = 0; #eid; #id; #isTooLarge = false;
  id = "";
  retry = null;

  constructor(give, maxBytes = 2 << 20, id = "") {
    this.#give = give;
    this.#max = maxBytes;
    this.id = this.#id = id;
  }

  push(bytes) {
    let start = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.#afterCr) {
        this.#afterCr = false;
        if (byte === 10) {
          start = i + 1;
          continue;
        }
      }
      if (byte !== 10 && byte !== 13) continue;
      this.#keep(bytes.subarray(start, i));
      this.#end();
      start = i + 1;
      this.#afterCr = byte === 13;
    }
    this.#keep(bytes.subarray(start));
  }

  #keep(part) {
    const room = this.#max - this.#length;
    if (part.length > room) [this.#isLong, part] = [true, part.subarray(0, room)];
    const length = this.#length + part.length;
    if (length > this.#line.length) {
      const larger = new Uint8Array(length * 2);
      larger.set(this.#line.subarray(0, this.#length));
      this.#line = larger;
    }
    this.#line.set(part, this.#length);
    this.#length = length;
  }

  #end() {
    // A mark that begins the stream is no part of its first line; those of other lines are text.
    let text = decoder.decode(this.#line.subarray(0, this.#length));
    if (this.#isFirst) text = text.replace(/^\uFEFF/, "");
    const size = this.#length;
    const isLong = this.#isLong;
    this.#isFirst = this.#isLong = false;
    this.#length = 0;
    if (isLong) this.#isTooLarge ||= text[0] !== ":";
    else if (text === "") this.#dispatch();
    else this.#field(text, size);
  }

  #field(text, size) {
    const colon = text.indexOf(":");
    // The hub writes a publisher's id as a comment before the event's first field.
    if (colon === 0 && text.startsWith(": eid=")) this.#eid = text.slice(6);
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") {
      this.#size += size;
      if (this.#isTooLarge ||= this.#size > this.#max) this.#data = [];
      else this.#data.push(value);
    } else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retry = Math.min(Number(value), 3_600_000);
  }

  #dispatch() {
    this.id = this.#id;
    const data = this.#isTooLarge ? null : this.#data.join("\n");
    const isEvent = this.#isTooLarge || this.#data.length > 0;
    const event = { type: this.#type || "message", data, id: this.id, ...(this.#eid !== undefined && { eid: this.#eid }) };
    this.#type = "";
    this.#data = [];
    this.#size = 0;
    this.#eid = undefined;
    this.#isTooLarge = false;
    if (isEvent) this.#give(event);
  }
}

// ---- Where a reader is: { stream: [epoch, offset] }. Ids are read, not written (decision 0099).

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The places in an id of the hub: an "offset-epoch", or a token over several streams (decision 0003). Null for another id. */
export function places(id) {
  const single = /^(\d+)-([0-9a-z]+)$/.exec(id);
  if (single) return { "": [single[2], Number(single[1])] };
  if (!/^1[\w-]{6}([\w-]{17,27}\.)+$/.test(id)) return null;
  const all = {};
  for (const part of id.slice(7, -1).split(".")) {
    let offset = 0;
    for (const digit of part.slice(16)) offset = offset * 64 + DIGITS.indexOf(digit);
    // 60 bits of the name's hash tell the streams of one token apart; the rest is the epoch's tag.
    all[part.slice(0, 10)] = [part.slice(10, 16), offset];
  }
  return all;
}

// Before the first event of a stream that does not exist yet: nobody is behind it.
const isStart = ([epoch, offset]) => offset === 0 && (epoch === "0" || epoch.endsWith("AAAAA"));
const isAt = (place, [epoch, offset]) => place?.[0] === epoch && place[1] >= offset;

/** Whether who has seen these places has seen everything up to an id. */
export function covers(seen, id) {
  const all = seen && places(id);
  return !!all && Object.entries(all).every(([stream, place]) => isStart(place) || isAt(seen[stream], place));
}

/** Moves a reader ({ id, seen }) past an event, and says whether the event is new to it. prev: the id before it on its connection. */
export function take(at, prev, id) {
  const before = places(prev) ?? {}, after = places(id);
  let isMoved = false, isNew = false;
  if (after) at.seen ??= {};
  for (const [stream, place] of Object.entries(after ?? {})) {
    if (isStart(place)) continue;
    const was = before[stream];
    const hasMoved = was?.[0] !== place[0] || was[1] !== place[1];
    isMoved ||= hasMoved;
    if (isAt(at.seen[stream], place)) continue;
    isNew ||= hasMoved;
    at.seen = { ...at.seen, [stream]: place };
  }
  at.id = id;
  // What moves nothing was sent to one client, or is the hub's own; it never comes twice.
  return isNew || !isMoved;
}

// ---- One connection, again and again.

async function refusal(response) {
  const { status, headers } = response;
  const said = headers.get("Content-Type")?.includes("json") ? await response.json().catch(() => null) : null;
  const code = said?.code;
  const after = headers.get("Retry-After");
  const wait = after ? Math.max(0, Number(after) * 1000 || Date.parse(after) - Date.now() || 0) : 0;
  const final = status === 204 || (status >= 400 && status < 500 && !PASSING.includes(status)) || (status === 404 && !!code);
  const text = status === 204 ? "The hub has ended this subscription." : `The answer is no event stream: status ${status}.`;
  return new HubError(said?.detail ?? text, { status, code, final, wait });
}

/** sink: authorize(isRenewed), events(prev, items), state(state), beat(), end(error). */
class Connection {
  #request; #sink; #stop = new AbortController(); #attempt; #hurry = () => {}; #heard = Infinity;

  constructor(request, id, sink) {
    this.#request = request;
    this.#sink = sink;
    this.id = id;
    // A peer that vanished says nothing; a hub that lives sends a heartbeat.
    const watch = setInterval(() => this.#check(), request.silence / 4);
    this.#stop.signal.addEventListener("abort", () => clearInterval(watch));
    queueMicrotask(() => this.#run());
  }

  close() {
    this.#stop.abort();
    this.#attempt?.abort();
    this.#hurry(true);
  }

  /** The network is back, or somebody looks at the page: what waits only by its own back-off goes on now. */
  wake() {
    this.#check();
    this.#hurry(false);
  }

  #check() {
    if (Date.now() - this.#heard > this.#request.silence) this.#attempt?.abort();
  }

  async #run() {
    const { signal } = this.#stop;
    let retry = 1_000, failures = 0, credential = null, isRenewed = false;
    while (!signal.aborted) {
      const result = { opened: Infinity, isStable: false, isDrained: false, reason: null, retry };
      let error = null;
      this.#sink.state({ state: "connecting" });
      try {
        credential ??= await this.#sink.authorize(isRenewed);
        if (!signal.aborted) await this.#read(credential, result);
      } catch (e) {
        error = e;
      } finally {
        this.#heard = Infinity;
        this.#attempt?.abort();
      }
      if (signal.aborted) return;
      const { reason } = result;
      if (result.isStable) isRenewed = false;
      failures = result.isStable ? 0 : failures + 1;
      retry = result.retry;
      if (error?.final || FINAL.includes(reason))
        return this.#end(error ?? new HubError(`The hub has ended this subscription: ${reason}.`, { reason, final: true }));
      if (error?.status === 401 || error?.status === 403 || RENEW.includes(reason)) {
        // What another credential did not mend, the next one will not.
        if (error && (isRenewed || !this.#request.hasCredential)) return this.#end(error);
        credential = null;
        isRenewed = true;
        // A credential that ends soon gives shorter and shorter connections.
        if (error || Date.now() - result.opened > STABLE_AFTER) continue;
      }
      const isAsked = result.isDrained || error?.wait > 0;
      const backOff = result.isDrained ? 0 : Math.random() * Math.min(MAX_BACKOFF, MIN_RETRY * 2 ** failures);
      const wait = Math.max(error?.wait ?? 0, Math.max(MIN_RETRY, retry) + backOff);
      this.#sink.state({ state: "waiting", wait, reason, error: error && plain(error) });
      await new Promise(resume => {
        const timer = setTimeout(resume, wait);
        this.#hurry = isForced => {
          if (isAsked && !isForced) return;
          clearTimeout(timer);
          resume();
        };
      });
      this.#hurry = () => {};
    }
  }

  #end(error) {
    this.#stop.abort();
    this.#sink.end(plain(error));
  }

  async #read({ ticket, headers } = {}, result) {
    const request = this.#request;
    const url = new URL(request.url);
    const sent = new Headers(headers);
    if (ticket) url.searchParams.set("ticket", ticket);
    if (ticket || url.searchParams.has("client")) url.searchParams.set("instance", request.instance);
    // A header takes no other text.
    if (/^[ -~]+$/.test(this.id)) sent.set("Last-Event-ID", this.id);
    else if (this.id) url.searchParams.set("last_event_id", this.id);
    this.#attempt = new AbortController();
    this.#heard = Date.now();
    const response = await fetch(url, {
      headers: sent, signal: this.#attempt.signal, cache: "no-store", credentials: request.credentials,
    });
    const type = response.headers.get("Content-Type")?.split(";")[0].trim().toLowerCase();
    if (response.status !== 200 || type !== "text/event-stream") throw await refusal(response);
    this.#sink.state({ state: "open" });
    result.opened = Date.now();
    let items = [];
    const parser = new EventParser(item => items.push(item), request.maxEventBytes, this.id);
    const reader = response.body.getReader();
    for (let part; !(part = await reader.read()).done;) {
      this.#heard = Date.now();
      this.#sink.beat();
      parser.push(part.value);
      result.retry = parser.retry ?? result.retry;
      result.isStable ||= this.#heard - result.opened > STABLE_AFTER;
      if (items.length === 0) continue;
      for (const item of items) this.#control(item, result);
      // While it waits for whoever handles the events nothing more is read, and the hub's slow-reader policy decides.
      this.#heard = Infinity;
      const prev = this.id;
      this.id = parser.id;
      await this.#sink.events(prev, items);
      if (this.#attempt.signal.aborted) return;
      items = [];
      this.#heard = Date.now();
    }
  }

  #control(item, result) {
    const isHub = item.type.startsWith("hub.");
    if (item.type !== "hub.end" && item.type !== "hub.drain") result.isStable = true;
    if (!isHub) return;
    try {
      item.data = JSON.parse(item.data);
    } catch {
      return;
    }
    if (item.type === "hub.end") result.reason = item.data.reason ?? "ended";
    result.isDrained ||= item.type === "hub.drain" || item.data.reason === "draining";
  }
}

// ---- What the tabs of a browser share: who holds the lock leads, reads, and tells all others over a channel.

/** The newest events of the shared connection: [id before it, event]. Tabs that were loaded again get from here what they missed. */
class Ring {
  constructor(of) {
    this.entries = [...(of?.entries ?? [])];
    this.chars = of?.chars ?? 0;
    this.last = of?.last;
  }

  add(prev, items) {
    if (prev !== this.last) [this.entries, this.chars] = [[], 0];
    for (const item of items) {
      this.entries.push([prev, item]);
      this.chars += item.data?.length ?? 100;
      prev = item.id;
    }
    this.last = prev;
    while (this.entries.length > RING_EVENTS || this.chars > RING_CHARS) this.chars -= this.entries.shift()[1].data?.length ?? 100;
  }

  /** What comes after these places; null when some of it is gone. */
  after(seen) {
    if (covers(seen, this.last)) return [];
    const first = this.entries.findLastIndex(([prev]) => covers(seen, prev));
    return first < 0 ? null : this.entries.slice(first);
  }
}

/** Holds the connection for all tabs, in one of them or in a worker. */
class Leader {
  #channel; #connection; #ring; #request; #me = random(); #state = { state: "connecting" }; #told = 0; #beat;

  constructor(request, key, ring, id, authorize, ended) {
    this.#request = request;
    this.#ring = ring;
    this.#channel = new BroadcastChannel(key);
    this.#channel.onmessage = ({ data }) => {
      if (data.op === "wake") this.#connection.wake();
      if (data.op === "sync") this.#tell({ op: "replay", to: data.from, entries: this.#after(data.seen), ...this.#now() });
    };
    this.#tell({ op: "lead", flow: id, state: this.#state });
    this.#beat = setInterval(() => this.#tell({ op: "beat" }), 20_000);
    this.#connection = new Connection(request, id, {
      authorize,
      events: (prev, items) => {
        this.#ring.add(prev, items);
        this.#tell({ op: "events", prev, items });
      },
      state: state => this.#tell({ op: "state", state: this.#state = state }),
      // In a tab that nobody looks at timers are slow, and the network is not.
      beat: () => Date.now() - this.#told > 5_000 && this.#tell({ op: "beat" }),
      end: error => {
        this.#tell({ op: "end", error });
        ended();
      },
    });
  }

  close() {
    clearInterval(this.#beat);
    this.#connection.close();
    this.#channel.close();
  }

  #now() {
    return { flow: this.#connection.id, state: this.#state };
  }

  // A tab without a place begins where the connection is, or with `since` where that began.
  #after(seen) {
    if (seen) return this.#ring.after(seen);
    const { entries } = this.#ring;
    return !this.#request.since || entries.length === 0 ? [] : entries[0][0] === "" ? entries : null;
  }

  #tell(message) {
    this.#told = Date.now();
    this.#channel.postMessage({ ...message, leader: this.#me });
  }
}

const random = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), n => n.toString(36)).join("");

/** Leads as soon as nobody else does, until the signal or the connection ends it, or another takes the lock away. */
async function lead(key, signal, steal, begin) {
  let leader;
  await navigator.locks.request(key, steal ? { steal } : { signal }, () => new Promise(release => {
    if (signal.aborted) return release();
    signal.addEventListener("abort", release);
    leader = begin(release);
  })).catch(() => {});
  leader?.close();
}

// ---- What a page holds.

// The storage of a page; none where the browser gives none, or no room.
const stored = (storage, key, value) => {
  try {
    if (value !== undefined) globalThis[storage].setItem(key, value);
    return globalThis[storage].getItem(key);
  } catch {
    return null;
  }
};

function requestOf({ url = "/", streams = [], zones = [], client, types = [], since, broadcast = false, ...o }) {
  const base = new URL(url, globalThis.location?.href);
  if (base.searchParams.has("access_token")) throw new TypeError("A bearer token does not belong into a URL: give headers() or ticket().");
  const isNamed = streams.length + zones.length > 0 || client !== undefined;
  const isOne = streams.length === 1 && zones.length === 0 && client === undefined && !broadcast;
  const at = isNamed ? new URL(isOne ? "v1/stream/events" : "v1/events", base.href.replace(/\/?(\?.*)?$/, "/")) : base;
  const query = at.searchParams;
  for (const stream of streams) query.append("stream", stream);
  for (const zone of zones) query.append("zone", zone);
  for (const type of types) query.append("type", type);
  if (client !== undefined) query.set("client", client);
  if (since) query.set("since", since);
  if (isNamed && !isOne) query.set("broadcast", broadcast ? "1" : "0");
  return {
    url: at.href, since: since === "latest" ? undefined : since, instance: random(), hasCredential: !!(o.ticket || o.headers),
    credentials: o.credentials ?? "same-origin", silence: o.silence ?? 45_000, maxEventBytes: o.maxEventBytes ?? 2 << 20,
  };
}

class Subscription {
  #options; #request; #handlers = new Map(); #abort = new AbortController(); #settle; #error = null;
  // Where it is, and where whoever handles the events is: the same object as long as nobody iterates.
  #at; #done; #stored; #saving;
  #buffer = null; #limit; #taken = null; #arrived = () => {}; #room = null; #turn = Promise.resolve();
  #connection = null; #channel = null; #key; #me = random(); #ring = new Ring();
  #sharing = new AbortController(); #leader = null; #flow = ""; #isSyncing = false; #isFull = false; #isContending = false; #quiet = 0;

  state = "connecting";

  constructor(options) {
    this.#options = options;
    this.#request = requestOf(options);
    this.#limit = options.buffer ?? 256;
    this.closed = new Promise(settle => { this.#settle = settle; });
    for (const [type, handler] of Object.entries({ ...options.on, ...options.onHub })) this.on(type, handler);
    this.#stored = options.persist === false ? null : `akkasse:${options.name ?? ""}:${this.#request.url}`;
    const saved = this.#stored && stored("sessionStorage", this.#stored);
    this.#at = this.#done = JSON.parse(saved ?? null) ?? { id: "", seen: null };
    const { signal } = this.#abort;
    if (options.signal?.aborted) return void this.close();
    options.signal?.addEventListener("abort", () => this.close(), { signal });
    const wake = () => {
      this.#connection?.wake();
      this.#channel?.postMessage({ op: "wake" });
    };
    globalThis.addEventListener?.("online", wake, { signal });
    globalThis.addEventListener?.("pagehide", () => this.#save(), { signal });
    globalThis.document?.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake(), { signal });
    const share = options.share ?? !this.#request.hasCredential;
    if (share !== false && globalThis.navigator?.locks && globalThis.BroadcastChannel) this.#join(share === true ? "" : share);
    else this.#open(this.#request);
  }

  on(type, handler) {
    if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
    this.#handlers.get(type).add(handler);
    return () => this.#handlers.get(type).delete(handler);
  }

  close() {
    if (this.#buffer) this.#buffer = [];
    this.#finish(null);
  }

  [Symbol.asyncIterator]() {
    if (this.#buffer) throw new Error("A subscription has one iterator.");
    this.#buffer = [];
    this.#done = { ...this.#at };
    return {
      next: () => this.#turn = this.#turn.catch(() => {}).then(() => this.#next()),
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async #next() {
    // An event counts when the next one is asked for.
    if (this.#taken) take(this.#done, ...this.#taken);
    this.#taken = null;
    while (this.#buffer.length === 0) {
      if (this.#error) throw this.#error;
      if (this.#abort.signal.aborted) return { done: true, value: undefined };
      this.#done = { ...this.#at };
      this.#saveSoon();
      await new Promise(arrived => { this.#arrived = arrived; });
    }
    const [prev, id, value] = this.#buffer.shift();
    this.#taken = [prev, id];
    this.#saveSoon();
    if (this.#buffer.length <= this.#limit / 2) {
      this.#room?.();
      if (this.#isFull) this.#sync();
      this.#isFull = false;
    }
    return { done: false, value };
  }

  // ---- A connection of its own: because nothing is shared, or to catch up with what is.

  #open(request) {
    if (this.#connection) return;
    const connection = this.#connection = new Connection(request, this.#at.id, {
      authorize: isRenewed => this.#authorize(isRenewed),
      events: async (prev, items) => {
        for (const item of items) {
          if (this.#connection !== connection) return;
          this.#take(prev, item);
          prev = item.id;
          if (this.#buffer?.length >= this.#limit) await new Promise(room => { this.#room = room; });
        }
        this.#meet();
      },
      state: state => this.#tell(state),
      beat: () => {},
      end: error => this.#finish(error),
    });
  }

  async #authorize(isRenewed) {
    const { ticket, headers } = this.#options;
    return { ticket: await ticket?.({ isRenewed }), headers: await headers?.({ isRenewed }) };
  }

  // Caught up: from here on the shared connection has everything.
  #meet() {
    if (!this.#channel || !this.#leader || !covers(this.#at.seen, this.#flow)) return;
    this.#connection.close();
    this.#connection = null;
    this.#at.id = this.#flow;
  }

  // ---- A shared connection.

  #join(share) {
    const { signal } = this.#sharing;
    const key = this.#key = `akkasse:${share}:${this.#request.url}:${this.#request.credentials}`;
    // The same for all tabs, so that a new leader takes the place of the last one at once.
    const { instance } = this.#request;
    this.#request.instance = stored("localStorage", key) ?? stored("localStorage", key, instance) ?? instance;
    this.#channel = new BroadcastChannel(key);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    // Whoever waits for this lock knows when this tab has gone.
    navigator.locks.request(`${key}:${this.#me}`, { signal }, () => new Promise(release => {
      signal.addEventListener("abort", release);
      this.#sync();
      this.#work(key);
    })).catch(() => {});
    // A tab that leads and is frozen holds the lock and says nothing: after two minutes it is taken away.
    const watch = setInterval(() => ++this.#quiet > 4 && this.#contend(true), 30_000);
    signal.addEventListener("abort", () => {
      clearInterval(watch);
      this.#channel.close();
    });
  }

  #work(key) {
    const { worker: script = import.meta.url } = this.#options;
    if (!script) return this.#contend();
    try {
      const worker = new SharedWorker(script, { type: "module", name: key });
      worker.onerror = () => this.#contend();
      worker.port.onmessage = async ({ data }) => worker.port.postMessage(
        await this.#authorize(data.isRenewed).then(credential => ({ credential }), error => ({ error: plain(error) })));
      worker.port.postMessage({ me: this.#me, request: this.#request, id: this.#at.id });
      setTimeout(() => this.#contend(), 10_000);
    } catch {
      // None, or not for a script of another origin.
      this.#contend();
    }
  }

  #contend(steal = false) {
    if (this.#isContending && !steal) return;
    this.#isContending = true;
    this.#quiet = 0;
    lead(this.#key, this.#sharing.signal, steal, ended => new Leader(
      this.#request, this.#key, new Ring(this.#ring), this.#at.id, isRenewed => this.#authorize(isRenewed), ended,
    )).then(() => { this.#isContending = false; });
  }

  #sync() {
    if (this.#isSyncing || this.#connection || this.#sharing.signal.aborted) return;
    this.#isSyncing = true;
    this.#channel.postMessage({ op: "sync", from: this.#me, seen: this.#at.seen });
  }

  #hear(m) {
    if (!m.leader || this.#sharing.signal.aborted) return;
    const isMine = m.op === "lead" || (m.op === "replay" && m.to === this.#me);
    if (isMine) this.#leader = m.leader;
    // Late words of an earlier leader, or nothing known of this one yet.
    if (m.leader !== this.#leader) return;
    this.#quiet = 0;
    this.#contend();
    if (m.state && (isMine || m.op === "state")) this.#tell(m.state);
    if (m.op === "end") this.#finish(m.error);
    if (m.op === "lead") {
      this.#flow = m.flow;
      this.#isSyncing = false;
      if (this.#at.seen ? !covers(this.#at.seen, m.flow) : m.flow) this.#sync();
    }
    if (m.op === "replay" && isMine) this.#replay(m);
    if (m.op === "events") this.#follow(m);
  }

  #replay({ entries, flow }) {
    this.#isSyncing = false;
    this.#flow = flow;
    if (!entries) return this.#catchUp();
    if (!this.#at.seen && entries.length === 0) this.#adopt(flow);
    for (const [prev, item] of entries) {
      if (this.#isFull) return;
      this.#share(prev, item);
    }
  }

  #follow({ prev, items }) {
    if (items.some(item => item.id && !places(item.id))) return this.#leave();
    this.#ring.add(prev, items);
    this.#flow = items.at(-1).id;
    if (this.#connection) return this.#meet();
    if (this.#isSyncing || this.#isFull) return;
    if (!this.#at.seen && prev && this.#request.since) return this.#sync();
    if (!this.#at.seen) this.#adopt(prev);
    else if (!covers(this.#at.seen, prev) && !(prev === "" && covers(this.#at.seen, items[0].id))) return this.#sync();
    for (const item of items) {
      if (this.#isFull) return;
      this.#share(prev, item);
      prev = item.id;
    }
  }

  // Nobody waits for a tab whose buffer is full: it lets events pass, and asks for them when there is room.
  #share(prev, item) {
    this.#take(prev, item);
    this.#isFull = this.#buffer?.length >= this.#limit;
  }

  #adopt(id) {
    if (id) Object.assign(this.#at, { id, seen: places(id) });
  }

  // The connection that has the client id stays the only one that has it.
  #catchUp() {
    const url = new URL(this.#request.url);
    if (url.searchParams.has("client") && !url.searchParams.has("zone")) url.searchParams.set("zone", "default");
    url.searchParams.delete("client");
    this.#open({ ...this.#request, url: url.href, instance: random() });
  }

  // Ids of publishers have no order, so nobody could say what another tab has seen.
  #leave() {
    this.#sharing.abort();
    this.#connection?.close();
    this.#channel = this.#connection = null;
    this.#open(this.#request);
  }

  // ---- Events on their way to the page.

  #take(prev, item) {
    if (!take(this.#at, prev, item.id)) return;
    const { parse } = this.#options;
    const isHub = item.type.startsWith("hub.");
    let event = item;
    try {
      if (item.data === null) throw new HubError("An event was larger than maxEventBytes.", { code: "event-too-large" });
      if (!isHub && parse) event = { ...item, data: parse(item.data, item.type) };
    } catch (error) {
      return this.#fault(error);
    }
    if (item.type === "hub.gap" && !this.#buffer && !this.#handlers.has("hub.gap")) console.warn("Events are missing.", item.data);
    for (const type of isHub ? [item.type] : [item.type, "*"]) {
      for (const handler of [...(this.#handlers.get(type) ?? [])]) {
        try {
          handler(event);
        } catch (error) {
          this.#fault(error);
        }
      }
    }
    if (this.#buffer && (!isHub || item.type === "hub.gap")) {
      this.#buffer.push([prev, item.id, event]);
      this.#arrived();
    }
    this.#saveSoon();
  }

  // Outside of whatever goes on, so that nothing of the page's can stop it.
  #fault(error) {
    const { onError = globalThis.reportError ?? console.error } = this.#options;
    queueMicrotask(() => onError(error));
  }

  #tell({ state, wait, reason, error }) {
    this.state = state;
    try {
      this.#options.onState?.({ state, wait, reason, error: error ? new HubError(error.message, error) : null });
    } catch (fault) {
      this.#fault(fault);
    }
  }

  #saveSoon() {
    if (this.#stored) this.#saving ??= setTimeout(() => this.#save(), 200);
  }

  #save() {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    if (!this.#stored || !this.#done.id) return;
    stored("sessionStorage", this.#stored, JSON.stringify(this.#done));
  }

  #finish(error) {
    if (this.#abort.signal.aborted) return;
    this.#save();
    this.#error = error && new HubError(error.message, error);
    this.#abort.abort();
    this.#sharing.abort();
    this.#connection?.close();
    this.#connection = null;
    this.#room?.();
    this.#tell({ state: "closed", error });
    this.#settle(this.#error);
    this.#arrived();
  }
}

/** Subscribes to streams, zones and the inbox of a client. The types say what may be asked for. */
export const subscribe = options => new Subscription(options);

/** Tells the gaps from the events of an iterator. */
export const isGap = event => event.type === "hub.gap";

/** A ticket() that asks the hub for one: with headers() of the page, or with its session cookie. */
export const ticketsFrom = (url, { headers, credentials = "same-origin" } = {}) => async () => {
  const at = new URL("v1/tickets", new URL(url, globalThis.location?.href).href.replace(/\/?$/, "/"));
  const response = await fetch(at, { method: "POST", headers: await headers?.(), credentials, cache: "no-store" });
  if (response.ok) return (await response.json()).ticket;
  const error = await refusal(response);
  error.final ||= response.status === 401 || response.status === 403;
  throw error;
};

// As a shared worker it leads for tabs until the last of them has gone. Another worker that loads this file is left alone.
if (globalThis.SharedWorkerGlobalScope && self instanceof SharedWorkerGlobalScope && self.name.startsWith("akkasse:")) {
  const ports = new Map();
  let stop = null, answered = () => {};
  const authorize = async isRenewed => {
    let failure = new Error("No tab has answered with a credential.");
    for (const port of ports.values()) {
      const answer = await new Promise(resolve => {
        answered = resolve;
        setTimeout(resolve, 10_000);
        port.postMessage({ isRenewed });
      });
      if (answer?.credential) return answer.credential;
      if (answer) failure = new HubError(answer.error.message, answer.error);
    }
    throw failure;
  };
  const join = async ({ me, request, id }, port) => {
    ports.set(me, port);
    navigator.locks.request(`${self.name}:${me}`, () => {
      ports.delete(me);
      if (ports.size === 0) stop?.abort();
    });
    if (stop && !stop.signal.aborted) return;
    const mine = stop = new AbortController();
    await lead(self.name, mine.signal, false, ended => new Leader(
      request, self.name, new Ring(), id, request.hasCredential ? authorize : async () => ({}), ended));
    if (stop === mine) stop = null;
  };
  self.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => data.me ? join(data, port) : answered(data);
  };
}
