// One connection: what it comes back after, what ends it, what it sends, and where it goes on.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { HubError, subscribe, ticketsFrom } from "../akkasse.js";
import { startHub, until } from "./hub.js";

let hub, opened;
const { random } = Math;
const realTimeout = setTimeout;
beforeEach(async () => {
  Math.random = () => 0;
  // Waits of the client are fifty times as short; those that nothing should end stay.
  globalThis.setTimeout = (call, ms, ...rest) => realTimeout(call, ms >= 500 && ms < 100_000 ? ms / 50 : ms, ...rest);
  hub = await startHub();
  opened = [];
});
afterEach(async () => {
  Math.random = random;
  globalThis.setTimeout = realTimeout;
  opened.forEach(subscription => subscription.close());
  await hub.stop();
});

function open(options = {}) {
  const seen = [], states = [], faults = [];
  const subscription = subscribe({
    url: hub.url, streams: ["news"], ...options,
    on: { "*": event => seen.push(event.data), ...options.on },
    onState: state => states.push(state), onError: error => faults.push(error),
  });
  opened.push(subscription);
  return Object.assign(subscription, { seen, states, faults });
}

const isOpen = s => until(() => s.state === "open" && hub.readers.size > 0, () => `an open stream, not ${JSON.stringify(s.states)}`);
async function saw(s, ...data) {
  await until(() => s.seen.length >= data.length, () => `${data}, not ${s.seen}`);
  assert.deepEqual(s.seen, data);
}

for (const [what, ...answers] of [
  ["502 of a proxy", { status: 502, headers: { "Content-Type": "text/html" }, body: "<html>" }],
  ["503 with Retry-After", { status: 503, headers: { "Retry-After": "0" } }],
  ["404 that is not the hub's", { status: 404, body: "default backend" }],
  ["a page in place of a stream", { status: 200, headers: { "Content-Type": "text/html" }, body: "data: evil\n\n" }],
  ["no type at all", { status: 200, body: "data: evil\n\n" }],
  ["a cut before the head, twice", "cut", "cut"],
  ["429", { status: 429, headers: { "Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT" } }],
]) {
  test(`After ${what} it comes back where it was`, async () => {
    const s = open();
    await isOpen(s);
    hub.publish("news", "one");
    await saw(s, "one");
    hub.answer(...answers);
    hub.killAll();
    hub.publish("news", "two");
    await saw(s, "one", "two");
    const last = hub.requests.at(-1);
    assert.equal(last.headers["last-event-id"], "1-e1");
    assert.equal(hub.requests.length, 2 + answers.length);
    assert.ok(s.states.some(state => state.state === "waiting"));
  });
}

for (const [what, answer, expected] of [
  ["204", { status: 204 }, { status: 204 }],
  ["400", { status: 400 }, { status: 400 }],
  ["404 of the hub", problem(404, "stream-not-found"), { status: 404, code: "stream-not-found", message: "said" }],
  ["401 without a credential to renew", problem(401, "unauthorized"), { status: 401, code: "unauthorized" }],
  ["hub.end removed", event("hub.end", { reason: "removed" }), { reason: "removed" }],
  ["hub.end replaced", event("hub.end", { reason: "replaced" }), { reason: "replaced" }],
]) {
  test(`${what} is the end`, async () => {
    hub.answer(answer);
    const s = open();
    const error = await s.closed;
    assert.ok(error instanceof HubError);
    for (const [key, value] of Object.entries(expected)) assert.equal(error[key], value);
    assert.equal(s.state, "closed");
    assert.equal(hub.requests.length, 1);
  });
}

for (const reason of ["shutdown", "slow-client", "disconnected", "unavailable", "draining", "limit", "client-in-use"]) {
  test(`hub.end ${reason} is no end`, async () => {
    hub.answer(event("hub.end", { reason }));
    const ends = [];
    const s = open({ on: { "hub.end": e => ends.push(e.data.reason) } });
    await isOpen(s);
    assert.deepEqual(ends, [reason]);
  });
}

test("Drain is followed after the time that it names, without a back-off", async () => {
  Math.random = () => 1;
  hub.answer({ headers: { "Content-Type": "text/event-stream" }, body: 'event: hub.drain\nretry: 700\ndata: {"retry":700}\nid: 0-0\n\n' });
  const s = open();
  await isOpen(s);
  assert.equal(s.states.find(state => state.state === "waiting").wait, 700);
});

test("Retry-After is a floor", async () => {
  hub.answer({ status: 503, headers: { "Retry-After": "7200" } });
  const s = open();
  await until(() => s.state === "waiting", () => "the refusal");
  assert.ok(s.states.at(-1).wait >= 7_200_000);
  assert.equal(s.states.at(-1).error.status, 503);
});

test("Back-off grows and has a bound", async t => {
  const waits = [];
  t.mock.method(Math, "random", () => 1);
  t.mock.method(globalThis, "setTimeout", (call, ms, ...rest) => {
    if (ms >= 1_000) waits.push(ms);
    return realTimeout(call, ms >= 1_000 ? 0 : ms, ...rest);
  });
  hub.answer(...Array(10).fill("cut"));
  const s = open();
  await isOpen(s);
  assert.deepEqual(waits.slice(0, 10), [2_000, 3_000, 5_000, 9_000, 17_000, 33_000, 61_000, 61_000, 61_000, 61_000]);
});

test("Ticket stands in the url with an instance, is renewed once after a 401, and reported after the second", async () => {
  const renewals = [];
  const ticket = async ({ isRenewed }) => `t${renewals.push(isRenewed)}`;
  hub.answer(problem(401, "unauthorized"));
  const s = open({ ticket });
  await isOpen(s);
  assert.deepEqual(renewals, [false, true]);
  assert.deepEqual(hub.requests.map(r => r.url.searchParams.get("ticket")), ["t1", "t2"]);
  assert.equal(new Set(hub.requests.map(r => r.url.searchParams.get("instance"))).size, 1);

  hub.killAll();
  await until(() => hub.readers.size === 1 && hub.requests.length === 3, () => "a reconnect");
  assert.equal(renewals.length, 2, "a cut costs no ticket");
  hub.answer(problem(403, "forbidden"), problem(403, "forbidden"));
  hub.killAll();
  const error = await s.closed;
  assert.equal(error.code, "forbidden");
  assert.deepEqual(renewals, [false, true, true]);
});

for (const reason of ["credential-expired", "revoked"]) {
  test(`hub.end ${reason} asks for another credential`, async () => {
    const given = [];
    const s = open({ headers: () => ({ Authorization: `Bearer secret-${given.push(1)}` }) });
    await isOpen(s);
    hub.endAll(event("hub.end", { reason }).body);
    await until(() => hub.requests.length === 2 && hub.readers.size === 1, () => "a reconnect");
    assert.deepEqual(hub.requests.map(r => r.headers.authorization), ["Bearer secret-1", "Bearer secret-2"]);
    assert.ok(hub.requests.every(r => !r.url.href.includes("secret")));
    assert.equal(hub.requests[1].url.searchParams.get("ticket"), null);
  });
}

test("Ticket source that fails for now is asked again", async () => {
  let calls = 0;
  const s = open({ ticket: () => ++calls === 1 ? Promise.reject(new Error("offline")) : "t" });
  await isOpen(s);
  assert.equal(s.states.find(state => state.state === "waiting").error.message, "offline");
});

test("Tickets come from the hub with headers of the page, and a refusal is final", async () => {
  hub.answer({ status: 201, body: '{"ticket":"abc"}' }, problem(401, "unauthorized"));
  const ticket = ticketsFrom(hub.url, { headers: () => ({ Authorization: "Bearer secret" }) });
  assert.equal(await ticket(), "abc");
  const [request] = hub.requests;
  assert.equal(`${request.method} ${request.url.pathname}${request.url.search}`, "POST /v1/tickets");
  assert.equal(request.headers.authorization, "Bearer secret");
  await assert.rejects(ticket(), error => error instanceof HubError && error.final);
});

test("Bearer token in a url is refused", () => {
  assert.throws(() => subscribe({ url: `${hub.url}?access_token=secret`, streams: ["news"] }), TypeError);
});

for (const [options, target] of [
  [{ streams: ["a/b"] }, "/v1/stream/events?stream=a%2Fb"],
  [{ streams: ["a", "b"], types: ["x"], since: "earliest" }, "/v1/events?stream=a&stream=b&type=x&since=earliest&broadcast=0"],
  [{ streams: ["a"], zones: ["z"], client: "ann", broadcast: true }, "/v1/events?stream=a&zone=z&client=ann&broadcast=1&instance=*"],
  [{ streams: [], url: "news?x=1" }, "/news?x=1"],
  [{ url: "hub", streams: ["a"] }, "/hub/v1/stream/events?stream=a"],
]) {
  test(`Asks for ${target}`, async () => {
    open({ ...options, url: new URL(options.url ?? "", hub.url).href });
    await until(() => hub.requests.length > 0, () => "the request");
    const { pathname, search } = hub.requests[0].url;
    assert.equal((pathname + search).replace(/instance=\w+/, "instance=*"), target);
  });
}

test("Silence longer than allowed is a lost connection, a heartbeat is not silence", async () => {
  await hub.stop();
  hub = await startHub({ heartbeat: 60_000 });
  const silent = open({ silence: 100 });
  await until(() => hub.requests.length >= 2, () => "a reconnect");
  silent.close();
  await hub.stop();
  hub = await startHub({ heartbeat: 10 });
  const s = open({ silence: 2_000 });
  await isOpen(s);
  // Heartbeats for more than twice that time.
  await until(() => hub.beats > 250, () => "250 heartbeats");
  assert.equal(hub.requests.length, 1);
});

test("Iterator gives events and gaps, and stops the connection while nobody takes them", async () => {
  const s = open({ buffer: 4 });
  const large = "x".repeat(100_000);
  const events = s[Symbol.asyncIterator]();
  await isOpen(s);
  for (let i = 0; i < 400; i++) hub.publish("news", `${i} ${large}`);
  const first = await events.next();
  assert.ok(first.value.data.startsWith("0 "));
  const [reader] = hub.readers;
  await until(() => reader.response.writableNeedDrain, () => "a connection that takes no more");
  for (let i = 1; i < 400; i++) {
    assert.ok(s.seen.length <= i + 4, `${s.seen.length} were taken from the parser for ${i}`);
    assert.ok((await events.next()).value.data.startsWith(`${i} `));
  }
  assert.deepEqual(await events.return(), { done: true, value: undefined });
  assert.equal(await s.closed, null);
  assert.throws(() => s[Symbol.asyncIterator]());
});

test("Iterator throws what ended the subscription, after the events before it", async () => {
  hub.answer({ headers: { "Content-Type": "text/event-stream" }, body: 'data: one\nid: 1-e1\n\nevent: hub.gap\ndata: {"stream":"news"}\n'
    + 'id: 3-e1\n\nevent: hub.end\ndata: {"reason":"removed"}\nid: 3-e1\n\n' });
  const got = [];
  await assert.rejects(async () => {
    for await (const event of open()) got.push(event.type);
  }, { reason: "removed" });
  assert.deepEqual(got, ["message", "hub.gap"]);
});

test("Handler that throws harms nobody, parse gives typed data, and what it cannot read is told", async () => {
  const values = [];
  const s = open({ parse: JSON.parse, on: { "*": e => values.push(e.data), order: () => { throw new Error("mine"); } } });
  await isOpen(s);
  hub.publish("news", "{oops");
  hub.publish("news", '{"a":1}', { type: "order", eid: "order-7" });
  hub.publish("news", '{"a":2}');
  await until(() => values.length === 2 && s.faults.length === 2, () => "two values");
  assert.deepEqual(values, [{ a: 1 }, { a: 2 }]);
  assert.deepEqual(s.faults.map(e => e.name === "SyntaxError" ? e.name : e.message), ["SyntaxError", "mine"]);
});

test("Signal closes; a closed subscription says nothing more", async () => {
  const control = new AbortController();
  const s = open({ signal: control.signal });
  await isOpen(s);
  control.abort();
  assert.equal(await s.closed, null);
  await until(() => hub.readers.size === 0, () => "the connection's end");
  const count = s.states.length;
  hub.publish("news", "late");
  s.close();
  assert.equal(s.states.length, count);
  assert.deepEqual(s.seen, []);
  assert.equal(open({ signal: AbortSignal.abort() }).state, "closed");
});

test("Text of ids that no header takes goes into the query", async () => {
  const s = open();
  await isOpen(s);
  hub.publish("news", "one", { id: "žluť" });
  await saw(s, "one");
  hub.killAll();
  await until(() => hub.requests.length === 2, () => "a reconnect");
  assert.equal(hub.requests[1].url.searchParams.get("last_event_id"), "žluť");
});

function problem(status, code) {
  return { status, headers: { "Content-Type": "application/problem+json" }, body: JSON.stringify({ status, code, detail: "said" }) };
}

function event(type, data) {
  const body = `:\nevent: ${type}\nretry: 1\ndata: ${JSON.stringify(data)}\nid: 0-0\n\n`;
  return { headers: { "Content-Type": "text/event-stream" }, body };
}
