// The overview: figures of the node that answers, as tiles and plots, and a line about the cluster.
import { ask, isRefusal } from "/page/api.js";
import { $, bytes, count, make, say, seconds, short } from "/page/dom.js";
import { forget, samples, trouble, watch } from "/page/figures.js";
import { onAccount } from "/page/account.js";
import { plot } from "/page/plots.js";
import { poll } from "/page/poll.js";

const TILES = [
  ["connections", "Connections", count], ["streams", "Streams with readers", count], ["published", "Publishes/s", short],
  ["delivered", "Deliveries/s", short], ["bytes", "Written/s", bytes], ["resident", "Memory", bytes],
];

let plots = null, tiles = null, leave = null;

function build() {
  tiles = TILES.map(([name, label, format]) => {
    const value = make("dd", { text: "–" });
    $("tiles").append(make("div", {}, make("dt", { text: label }), value));
    return { name, value, format };
  });
  const figure = name => {
    const element = make("figure", { data: { plot: name } });
    $("plots").append(element);
    return element;
  };
  const line = (name, value) => ({ name, value });
  plots = [
    plot(figure("published"), "Publishes per second", short, [line("", s => s.published)]),
    plot(figure("delivered"), "Deliveries per second", short, [line("", s => s.delivered)]),
    plot(figure("bytes"), "Bytes written per second", bytes, [line("", s => s.bytes)]),
    plot(figure("connections"), "Connections", short, [line("", s => s.connections)]),
    plot(figure("times"), "Time", seconds, ["flush", "publish", "commit"].flatMap(name =>
      ["p50", "p99"].map(q => line(`${name} ${q}`, s => s[name]?.[q])))),
    plot(figure("memory"), "Memory", bytes, [
      line("resident", s => s.resident), line("managed", s => s.heap), line("logs", s => s.logs)]),
  ];
}

function show() {
  say($("figures-note"), trouble, samples.length === 0);
  $("figures").hidden = samples.length === 0;
  if (samples.length === 0) return;
  if (!plots) build();
  const newest = samples[samples.length - 1];
  for (const { name, value, format } of tiles) value.textContent = format(newest[name]);
  for (const p of plots) p.show(samples);
}

const nodes = poll(async () => {
  const answer = await ask("/v1/cluster", { grant: "cluster" });
  if (answer.ok) {
    const { node, engine, engineState, nodes, missing } = answer.body;
    const total = nodes.reduce((sum, n) => sum + (n.load?.connections ?? 0), 0);
    const many = nodes.length === 1 ? "One node" : `${nodes.length} nodes`;
    const lacks = missing.length > 0 ? ` Without an answer: ${missing.join(", ")}.` : "";
    const words = `${many}, engine ${engine} (${engineState}) on ${node}; ${count(total)} ${total === 1 ? "connection" : "connections"} in all.`;
    say($("hub-note"), words + lacks, missing.length > 0);
  } else {
    say($("hub-note"), isRefusal(answer) ? "" : answer.text, true);
  }
  return !isRefusal(answer);
}, { least: 2000 });

onAccount(() => {
  forget();
  if (leave) nodes.start();
});

export default {
  show() {
    leave = watch(show);
    nodes.start();
    show();
  },
  hide() {
    leave?.();
    leave = null;
    nodes.stop();
  },
};
