// The figures of the node that answers /metrics: asked for once a second while somebody looks, kept for five minutes.
import { ask, isRefusal } from "/page/api.js";
import { buckets, LOSSES, NAMES, parse, quantile, sum } from "/page/metrics.js";
import { poll } from "/page/poll.js";

export const KEPT = 300;

const COUNTERS = ["published", "delivered", "bytes"];
const GAUGES = ["connections", "streams", "logs", "resident", "heap"];
const TIMES = ["flush", "publish", "commit"];

/**
 * What was seen, oldest first: { at (seconds), published, delivered, bytes (per second), …, flush: { p50, p99 } (seconds) }; null is
 * unknown.
 */
export const samples = [];

/** Losses by kind and reason: [{ kind, reason, total, last (ms), recent: [[at, n]] }]; see LOSSES. */
export const losses = new Map();

/** Why there are no figures, in words; "" when there are. */
export let trouble = "Asking the server.";

const listeners = new Set();
let before = null;

const polling = poll(async () => {
  const answer = await ask("/metrics", { grant: "cluster" });
  if (answer.ok) take(parse(answer.body), Date.now() / 1000);
  trouble = answer.ok ? "" : answer.text;
  for (const listener of listeners) listener();
  return !isRefusal(answer);
}, { least: 1000, most: 5000 });

/** Calls back after each look, until the function that this returns is called. */
export function watch(listener) {
  listeners.add(listener);
  polling.start();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) polling.stop();
  };
}

/** Begins anew, because somebody else signs in. */
export function forget() {
  samples.length = 0;
  losses.clear();
  before = null;
  if (listeners.size > 0) polling.start();
}

function take(families, at) {
  const now = { at, started: sum(families, NAMES.started) };
  for (const name of [...COUNTERS, ...GAUGES]) now[name] = sum(families, NAMES[name]);
  for (const name of TIMES) now[name] = buckets(families, NAMES[name]);
  // A balancer may send each question to another node, and a node may start anew: its counters say nothing about those from before.
  const same = before !== null && before.started === now.started && now.at > before.at ? before : null;
  const sample = { at };
  for (const name of GAUGES) sample[name] = now[name];
  for (const name of COUNTERS) sample[name] = rate(same, now, name);
  for (const name of TIMES) {
    const [from, to] = [same?.[name], now[name]];
    sample[name] = to ? { p50: quantile(from, to, 0.5), p99: quantile(from, to, 0.99) } : null;
  }
  samples.push(sample);
  if (samples.length > KEPT) samples.shift();
  countLosses(families, at, same !== null);
  before = now;
}

function rate(from, to, name) {
  if (!from || from[name] === null || to[name] === null || to[name] < from[name]) return null;
  return (to[name] - from[name]) / (to.at - from.at);
}

function countLosses(families, at, known) {
  if (!known) losses.clear();
  for (const { name, label, kind, good } of LOSSES) {
    for (const { labels, value } of families.get(name) ?? []) {
      const reason = labels[label] ?? (labels.overflow ? "others" : "");
      if (value === 0 || good?.includes(reason)) continue;
      const key = `${kind}\n${reason}`;
      const seen = losses.get(key);
      const rise = seen ? value - seen.total : known ? value : 0;
      const entry = seen ?? { kind, reason, total: 0, last: null, recent: [] };
      losses.set(key, entry);
      entry.total = value;
      if (rise > 0) {
        entry.recent.push([at, rise]);
        entry.last = at * 1000;
      }
      entry.recent = entry.recent.filter(([when]) => when > at - 60);
    }
  }
}
