// Where a reader is in its streams, told from the hub's ids (decision 0003), and which events are new to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, places, take } from "../akkasse.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// A token of two streams: [epoch, offset] of each. The client does not check the sum.
const token = (a, b) => `1AAAAAA${part("aaaaaaaaaa", a)}${part("bbbbbbbbbb", b)}`;
const part = (name, [epoch, offset]) => `${name}${epoch}${digits(offset)}.`;
const digits = n => (n < 64 ? "" : digits(Math.floor(n / 64))) + DIGITS[n % 64];
const E1 = "AbCdEf", E2 = "GhIjKl", NONE = "AAAAAA";

test("Ids of one stream and of several are read", () => {
  assert.deepEqual(places("12-mc5fzloa7"), { "": ["mc5fzloa7", 12] });
  // As the README shows it.
  assert.deepEqual(places("1qK7hY_Gfug6ZW5eU_iaad1B.fUhOfCnM6F8AAAAAA.35bovdmyqA4AAAAAA."), {
    Gfug6ZW5eU: ["_iaad1", 1], fUhOfCnM6F: ["8AAAAA", 0], "35bovdmyqA": ["4AAAAA", 0],
  });
  assert.deepEqual(places(token([E1, 64 * 64 + 5], [E2, 7])), { aaaaaaaaaa: [E1, 4101], bbbbbbbbbb: [E2, 7] });
  for (const foreign of ["", "order-7", "2-E", "-1-e", "1", "1AAAAAA", "2AAAAAAaaaaaaaaaaAbCdEfB.", `${token([E1, 1], [E2, 1])}x`])
    assert.equal(places(foreign), null, foreign);
});

test("Who has seen as much of every stream has seen an id", () => {
  const seen = places(token([E1, 5], [E1, 9]));
  assert.ok(covers(seen, token([E1, 5], [E1, 9])));
  assert.ok(covers(seen, token([E1, 4], [NONE, 0])), "before the first event nobody has missed anything");
  assert.ok(!covers(seen, token([E1, 6], [E1, 1])));
  assert.ok(!covers(seen, token([E2, 1], [E1, 1])), "another epoch");
  assert.ok(!covers(null, "1-e"));
  assert.ok(!covers(seen, "order-7"));
});

test("Event that was seen over another connection is not new, in whatever order streams came there", () => {
  const at = { id: "", seen: null };
  const steps = [[0, 0], [1, 0], [2, 0], [2, 1]];
  for (let i = 1; i < steps.length; i++) {
    const [prev, id] = [steps[i - 1], steps[i]].map(([a, b]) => token([E1, a], [E1, b]));
    assert.ok(take(at, i === 1 ? "" : prev, id));
  }
  // The next leader begins where it was itself: at the beginning, and the streams come the other way round.
  const again = [[0, 0], [0, 1], [1, 1], [2, 1], [2, 2]].map(([a, b]) => token([E1, a], [E1, b]));
  const isNew = again.slice(1).map((id, i) => take(at, again[i], id));
  assert.deepEqual(isNew, [false, false, false, true]);
  assert.equal(at.id, again.at(-1));
});

test("Event of one client moves nothing and is always new; a new epoch is new", () => {
  const at = { id: "5-e1", seen: { "": ["e1", 5] } };
  assert.ok(take(at, "5-e1", "5-e1"));
  assert.ok(take(at, "5-e1", "0-e2"), "the gap");
  assert.ok(take(at, "0-e2", "1-e2"));
  assert.ok(!take(at, "0-e2", "1-e2"));
  assert.deepEqual(at.seen, { "": ["e2", 1] });
});

test("Place of a stream in which nothing happens is known too", () => {
  const at = { id: "", seen: null };
  assert.ok(take(at, token([E1, 5], [E2, 9]), token([E1, 6], [E2, 9])));
  assert.ok(covers(at.seen, token([E1, 6], [E2, 9])));
});

test("Stream that does not exist yet leaves a place to begin from", () => {
  const at = { id: "", seen: null };
  take(at, "", "0-0");
  assert.deepEqual(at, { id: "0-0", seen: {} });
  assert.ok(covers(at.seen, "0-0"));
  assert.ok(!covers(at.seen, "3-e1"));
});
