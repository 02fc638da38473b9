// One connection for several tabs: who leads, what newcomers get, and that nobody loses or doubles an event.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { subscribe } from "../akkasse.js";
import { startHub, until } from "./hub.js";
import { beBrowser } from "./locks.js";

let hub, tabs, published;
const { random } = Math;
beforeEach(async () => {
  Math.random = () => 0;
  beBrowser();
  hub = await startHub();
  [tabs, published] = [[], []];
});
afterEach(async () => {
  Math.random = random;
  tabs.forEach(tab => tab.close());
  await hub.stop();
});

function open(name, options = {}) {
  const seen = [];
  const tab = subscribe({
    url: hub.url, streams: ["news"], name, ...options, on: { "*": event => seen.push(event.data) }, onError: error => { throw error; },
  });
  tabs.push(tab);
  return Object.assign(tab, { seen });
}

const isOpen = tab => until(() => tab.state === "open" && hub.readers.size > 0, () => `an open stream, not ${tab.state}`);

function publish(count = 1, text = "") {
  for (let i = 0; i < count; i++) {
    published.push(`${published.length}${text}`);
    hub.publish("news", published.at(-1));
  }
}

async function saw(tab, expected = published) {
  await until(() => tab.seen.length >= expected.length, () => `${expected.length} events, not ${tab.seen.length}`);
  assert.deepEqual(tab.seen, expected);
}

// Another task of everything that is under way.
const turn = () => new Promise(resume => setTimeout(resume, 2));

test("Three tabs read over one connection", async () => {
  const [a, b, c] = [open("a"), open("b"), open("c")];
  await Promise.all([a, b, c].map(isOpen));
  publish(50);
  for (const tab of [a, b, c]) await saw(tab);
  assert.equal(hub.requests.length, 1);
});

test("When the leader is closed another goes on, every event once and in order", async () => {
  const all = [open("a")];
  await isOpen(all[0]);
  for (const name of ["b", "c", "d"]) all.push(open(name));
  await Promise.all(all.map(isOpen));
  await until(() => all.every(tab => tab.state === "open"), () => "all open");
  // Without this the newcomers would begin at events of this test.
  publish();
  for (const tab of all) await saw(tab);
  for (let round = 0; round < 3; round++) {
    const leader = all.shift();
    for (let i = 0; i < 40; i++) {
      publish();
      if (i === 20) leader.close();
      await turn();
    }
    for (const tab of all) await saw(tab);
    assert.equal(hub.readers.size, 1);
    assert.equal(hub.requests.length, round + 2);
  }
});

test("Tab that comes back gets from the others what it missed", async () => {
  const a = open("a"), b = open("b");
  await Promise.all([a, b].map(isOpen));
  publish(3);
  await Promise.all([saw(a), saw(b)]);
  b.close();
  publish(100);
  await saw(a);
  const again = open("b");
  await saw(again, published.slice(3));
  publish(5);
  await saw(again, published.slice(3));
  assert.equal(hub.requests.length, 1);
});

test("Tab that missed more than the others keep catches up over a connection of its own and gives that up", async () => {
  const a = open("a"), b = open("b");
  await Promise.all([a, b].map(isOpen));
  publish(3);
  await Promise.all([saw(a), saw(b)]);
  b.close();
  publish(3_000);
  await saw(a);
  const again = open("b");
  await until(() => again.seen.length > 100, () => "the first events");
  publish(500);
  await saw(again, published.slice(3));
  await until(() => hub.readers.size === 1, () => "one connection");
  assert.equal(hub.requests.length, 2);
  publish(5);
  await Promise.all([saw(a), saw(again, published.slice(3))]);
  assert.equal(hub.requests.length, 2);
});

test("Newcomer that asks for the earliest gets all, also from behind the others", async () => {
  publish(2_000);
  const a = open("a", { since: "earliest" });
  await saw(a);
  const b = open("b", { since: "earliest" });
  publish(10);
  await Promise.all([saw(a), saw(b)]);
  await until(() => hub.readers.size === 1, () => "one connection");
});

test("Newcomer without a place begins now", async () => {
  const a = open("a");
  await isOpen(a);
  publish(10);
  await saw(a);
  const b = open("b");
  await isOpen(b);
  publish(2);
  await saw(b, published.slice(10));
});

test("Slow iterator delays nobody, and gets everything in order", async () => {
  const a = open("a"), slow = open("slow", { buffer: 8 });
  const events = slow[Symbol.asyncIterator]();
  await Promise.all([a, slow].map(isOpen));
  publish();
  const got = [(await events.next()).value.data];
  publish(2_500);
  await saw(a);
  while (got.length < published.length) {
    assert.ok(slow.seen.length <= got.length + 8, `${slow.seen.length} were let in for ${got.length}`);
    got.push((await events.next()).value.data);
  }
  assert.deepEqual(got, published);
  await until(() => hub.readers.size === 1, () => "one connection");
});

test("What an iterator was given and has not finished is given again after a reload", async () => {
  const before = open("a", { buffer: 8 })[Symbol.asyncIterator]();
  await isOpen(tabs[0]);
  publish(6);
  for (let i = 0; i < 3; i++) assert.equal((await before.next()).value.data, published[i]);
  tabs[0].close();
  const again = open("a")[Symbol.asyncIterator]();
  assert.equal((await again.next()).value.data, published[2]);
});

test("Streams whose ids are the publisher's are not shared", async () => {
  const a = open("a"), b = open("b");
  await Promise.all([a, b].map(isOpen));
  publish();
  await Promise.all([saw(a), saw(b)]);
  for (const id of ["order-1", "order-2"]) {
    published.push(id);
    hub.publish("news", id, { id });
  }
  await until(() => hub.readers.size === 2, () => "two connections");
});

test("Other urls, other users and who does not want to share have connections of their own", async () => {
  const all = [open("a"), open("b", { share: "ann" }), open("c", { share: false }), open("d", { streams: ["news", "b"] }),
    open("e", { ticket: () => "t" })];
  await until(() => all.every(tab => tab.state === "open"), () => "five open streams");
  assert.equal(hub.readers.size, 5);
});

test("Lock of a leader that says nothing is taken away", async t => {
  const interval = setInterval;
  t.mock.method(globalThis, "setInterval", (call, ms) => interval(call, ms === 30_000 ? 5 : ms));
  const key = `akkasse::${hub.url}v1/stream/events?stream=news:same-origin`;
  const frozen = navigator.locks.request(key, () => new Promise(() => {}));
  const a = open("a");
  await assert.rejects(frozen, { name: "AbortError" });
  await isOpen(a);
  publish();
  await saw(a);
});

test("The hub's end is told to all, and who subscribes then has a new connection", async () => {
  const a = open("a"), b = open("b");
  await Promise.all([a, b].map(isOpen));
  publish();
  await Promise.all([saw(a), saw(b)]);
  hub.endAll('event: hub.end\ndata: {"reason":"removed"}\nid: 1-e1\n\n');
  assert.deepEqual([(await a.closed).reason, (await b.closed).reason], ["removed", "removed"]);
  const c = open("c");
  await isOpen(c);
  assert.equal(hub.readers.size, 1);
});
