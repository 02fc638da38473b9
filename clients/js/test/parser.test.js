// The parser against the HTML standard (9.2) and against every way in which bytes may be cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventParser } from "../akkasse.js";

const encode = text => new TextEncoder().encode(text);

function parse(chunks, maxBytes) {
  const events = [];
  const parser = new EventParser(event => events.push(event), maxBytes);
  for (const chunk of chunks) parser.push(chunk);
  return { events, id: parser.id, retry: parser.retry };
}

const all = text => parse([encode(text)]);
const data = text => all(text).events.map(event => event.data);

// Everything at once: a mark, all line ends, several lines, letters of two to four bytes, comments, ids, a retry.
const EVERYTHING = "\uFEFF:\r\nevent: hub.open\r\nretry: 250\r\ndata: {}\r\nid: 0-0\r\n\r\n"
  + ": eid=order-7\ndata:žluťoučký 🐎\ndata\ndata:  x\nid: 1-e\n\n"
  + "event: a\rdata: b\r\rdata: c\r\n\r\n:\n:\r\nid\ndata: d\n\ndata: lost";
const EXPECTED = [
  { type: "hub.open", data: "{}", id: "0-0" },
  { type: "message", data: "žluťoučký 🐎\n\n x", id: "1-e", eid: "order-7" },
  { type: "a", data: "b", id: "1-e" },
  { type: "message", data: "c", id: "1-e" },
  { type: "message", data: "d", id: "" },
];

test("Examples of the standard", () => {
  assert.deepEqual(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
  const second = all(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n");
  assert.deepEqual(second.events.map(e => [e.data, e.id]), [["first event", "1"], ["second event", ""], [" third event", ""]]);
  assert.deepEqual(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
  assert.deepEqual(data("data:test\n\ndata: test\n\n"), ["test", "test"]);
});

test("Cut anywhere into two the result is the same", () => {
  const bytes = encode(EVERYTHING);
  for (let cut = 0; cut <= bytes.length; cut++)
    assert.deepEqual(parse([bytes.subarray(0, cut), bytes.subarray(cut)]).events, EXPECTED, `cut at ${cut}`);
});

test("Cut into pieces of every size the result is the same", () => {
  const bytes = encode(EVERYTHING);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size), new Uint8Array(0));
    const { events, retry } = parse(chunks);
    assert.deepEqual(events, EXPECTED, `pieces of ${size}`);
    assert.equal(retry, 250);
  }
});

test("Chunk that is used again by whoever gave it changes nothing", () => {
  const events = [];
  const parser = new EventParser(event => events.push(event));
  const buffer = new Uint8Array(8);
  for (const part of ["data: ab", "cdefg\n\n"]) {
    buffer.set(encode(part));
    parser.push(buffer.subarray(0, part.length));
    buffer.fill(120);
  }
  assert.deepEqual(events.map(e => e.data), ["abcdefg"]);
});

test("Id with NULL is ignored, an empty one empties, and an event without one keeps it", () => {
  assert.deepEqual(all("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\ndata: c\n\nid:\ndata: d\n\n").events.map(e => e.id), ["1", "1", "1", ""]);
  assert.equal(all("id: 7\n\n").id, "7", "an id counts without data too");
  assert.equal(all("id: 7\n").id, "", "and not before its block has ended");
});

test("Mark counts at the beginning only", () => {
  assert.deepEqual(data("\uFEFFdata: a\n\n\uFEFFdata: b\n\ndata:\uFEFFc\n\n"), ["a", "\uFEFFc"]);
});

test("Retry takes digits only and has a bound", () => {
  assert.equal(all("retry: 12\n").retry, 12);
  for (const wrong of ["", " ", "-1", "1.5", "1e3", "0x10", "१"]) assert.equal(all(`retry: ${wrong}\n`).retry, null, wrong);
  assert.equal(all(`retry: ${"9".repeat(400)}\n`).retry, 3_600_000);
});

test("Unknown fields and names in another case are ignored", () => {
  assert.deepEqual(data("Data: a\nfoo: b\ndata : c\n data: d\ndata: e\n\n"), ["e"]);
});

test("Bytes that are no UTF-8 become replacement characters", () => {
  assert.deepEqual(parse([Uint8Array.of(100, 97, 116, 97, 58, 0xFF, 0xC3, 10, 10)]).events[0].data, "\uFFFD\uFFFD");
});

test("Publisher's id is in the comment of its own event", () => {
  assert.deepEqual(all(": eid=a\ndata: 1\n\ndata: 2\n\n: eid=b=c\ndata: 3\n\n").events.map(e => e.eid), ["a", undefined, "b=c"]);
});

test("Event beyond the bound has no data, keeps its id, and harms no other", () => {
  for (const large of ["x".repeat(200), Array(50).fill("xxx").join("\ndata: ")]) {
    const bytes = encode(`data: before\nid: 1\n\nevent: big\ndata: ${large}\nid: 2\n\ndata: after\nid: 3\n\n`);
    for (const size of [1, 7, bytes.length]) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      assert.deepEqual(parse(chunks, 100).events, [
        { type: "message", data: "before", id: "1" }, { type: "big", data: null, id: "2" }, { type: "message", data: "after", id: "3" }]);
    }
  }
});

test("Comment beyond the bound is a comment", () => {
  assert.deepEqual(parse([encode(`:${"x".repeat(500)}\ndata: a\n\n`)], 100).events.map(e => e.data), ["a"]);
});

test("Line of a million single bytes takes linear time", () => {
  const byte = encode("x");
  const events = [];
  const parser = new EventParser(event => events.push(event));
  parser.push(encode("data:"));
  for (let i = 0; i < 1_000_000; i++) parser.push(byte);
  parser.push(encode("\n\n"));
  assert.equal(events[0].data.length, 1_000_000);
});
