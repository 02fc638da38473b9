// Reads the text of /metrics, and knows the names in it: docs/operations.md lists them.

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Text of Prometheus as a map of names to series: [{ labels, value }]. What is no sample is passed over. */
export function parse(text) {
  const families = new Map();
  for (const line of text.split("\n")) {
    const found = line[0] === "#" ? null : LINE.exec(line);
    if (!found) continue;
    const labels = {};
    for (const [, name, value] of (found[2] ?? "").matchAll(LABEL)) labels[name] = value;
    const value = found[3] === "+Inf" ? Infinity : Number(found[3]);
    let series = families.get(found[1]);
    if (!series) families.set(found[1], series = []);
    series.push({ labels, value });
  }
  return families;
}

// Where there are several, the first that the server has is taken: runtimes and exporters name memory each in their own way.
export const NAMES = {
  published: ["akkasse_events_published_total"],
  delivered: ["akkasse_events_delivered_total"],
  bytes: ["akkasse_delivered_bytes_total"],
  connections: ["akkasse_connections"],
  streams: ["akkasse_streams"],
  logs: ["akkasse_log_bytes"],
  resident: ["process_resident_memory_bytes", "process_memory_usage_bytes", "dotnet_process_memory_working_set_bytes"],
  heap: ["dotnet_gc_heap_bytes", "dotnet_gc_last_collection_heap_size_bytes"],
  started: ["process_start_time_seconds"],
  flush: ["akkasse_flush_wait_seconds"],
  publish: ["akkasse_publish_duration_seconds"],
  commit: ["akkasse_storage_commit_duration_seconds"],
};

/** What was lost or refused, by the label that says why; the value `good` of it is no loss. */
export const LOSSES = [
  { name: "akkasse_gaps_total", label: "reason", kind: "gap" },
  { name: "akkasse_disconnects_total", label: "reason", kind: "connection ended", good: ["ClientGone"] },
  { name: "akkasse_connects_total", label: "status", kind: "connection refused", good: ["Accepted"] },
  { name: "akkasse_publishes_refused_total", label: "status", kind: "publish refused" },
  { name: "akkasse_limits_refused_total", label: "scope", kind: "beyond a limit of" },
  { name: "akkasse_flush_failures_total", kind: "write beyond its timeout" },
  { name: "akkasse_storage_commit_failures_total", kind: "commit not taken by the disk" },
  { name: "akkasse_faults_total", kind: "fault contained" },
];

/** The sum of a family's series; null when the server does not have it. */
export function sum(families, names) {
  for (const name of names) {
    const series = families.get(name);
    if (series) return series.reduce((total, s) => total + s.value, 0);
  }
  return null;
}

/** The cumulative buckets of a histogram, all label sets together: [[bound, count]], ascending; null without one. */
export function buckets(families, names) {
  for (const name of names) {
    const series = families.get(`${name}_bucket`);
    if (!series) continue;
    const bounds = new Map();
    for (const { labels, value } of series) {
      const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
      bounds.set(bound, (bounds.get(bound) ?? 0) + value);
    }
    return [...bounds].sort(([a], [b]) => a - b);
  }
  return null;
}

/** The q-quantile of what was observed between two looks at a histogram, linear within a bucket; null when nothing was. */
export function quantile(before, now, q) {
  if (!before || !now || before.length !== now.length) return null;
  const counts = now.map(([, n], i) => n - before[i][1]);
  const total = counts[counts.length - 1];
  if (!(total > 0)) return null;
  const rank = q * total;
  const at = counts.findIndex(n => n >= rank);
  const low = at > 0 ? now[at - 1][0] : 0;
  // What lies beyond the last bound is at least that.
  if (now[at][0] === Infinity) return low;
  const under = at > 0 ? counts[at - 1] : 0;
  return low + (now[at][0] - low) * (rank - under) / (counts[at] - under || 1);
}
