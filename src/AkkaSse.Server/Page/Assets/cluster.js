// The nodes: state, load, and which of them stops.
import { onAccount } from "/page/account.js";
import { ask, isRefusal } from "/page/api.js";
import { $, bytes, count, make, say, short, time } from "/page/dom.js";
import { poll } from "/page/poll.js";
import { rows } from "/page/rows.js";

let published = new Map();
let most = 1;

const columns = [
  { label: "Node", text: n => n.self ? `${n.name} (answers)` : n.name },
  { label: "State", text: n => n.load?.phase === "draining" ? `${n.state}, draining` : n.state },
  { label: "Engine", text: n => n.load?.engineState ?? "no answer" },
  {
    label: "Connections",
    fill(cell) {
      const [value, share] = [make("span"), make("meter", { min: 0, ariaHidden: "true" })];
      cell.append(value, share);
      return node => {
        value.textContent = count(node.load?.connections);
        share.max = most;
        share.value = node.load?.connections ?? 0;
      };
    },
  },
  { label: "Streams", text: n => count(n.load?.streams) },
  { label: "Publishes/s", text: n => short(n.rate) },
  { label: "Logs", text: n => bytes(n.load?.logBytes) },
  { label: "Actors", text: n => count(n.load?.actors) },
  { label: "Since", text: n => time(n.startedAt) },
  { label: "Address", text: n => n.address ?? "–" },
];

const table = rows($("nodes-rows"), { columns, key: n => n.name });

const polling = poll(async () => {
  const answer = await ask("/v1/cluster", { grant: "cluster" });
  if (!answer.ok) {
    table.show([]);
    say($("nodes-note"), answer.text, true);
    return !isRefusal(answer);
  }
  const { nodes, missing, complete, engine } = answer.body;
  const at = performance.now();
  const now = new Map();
  for (const node of nodes) {
    const seen = published.get(node.name);
    const value = node.load?.published;
    node.rate = seen && value >= seen.value && at > seen.at ? (value - seen.value) * 1000 / (at - seen.at) : null;
    if (value !== undefined) now.set(node.name, { value, at });
  }
  published = now;
  most = Math.max(1, ...nodes.map(n => n.load?.connections ?? 0));
  table.show(nodes);
  const words = missing.length > 0 ? `Without an answer: ${missing.join(", ")}.`
    : complete ? `${nodes.length === 1 ? "One node" : `${nodes.length} nodes`}, engine ${engine}.`
    : "This node cannot say which nodes there are.";
  say($("nodes-note"), words, !complete);
  return true;
}, { least: 1000, most: 10000 });

let shown = false;
onAccount(() => shown && polling.start());

export default {
  show() {
    shown = true;
    polling.start();
  },
  hide() {
    shown = false;
    polling.stop();
  },
};
