// The clients of all nodes by id: what each reads, who it is, and what may be done with it.
import { mayAll, onAccount, prefixes } from "/page/account.js";
import { ask } from "/page/api.js";
import { question } from "/page/dialogs.js";
import { $, make, time } from "/page/dom.js";
import { pages } from "/page/pages.js";

const MAX_NAMES = 8;

function names(all) {
  const shown = all.slice(0, MAX_NAMES).join(", ");
  return all.length > MAX_NAMES ? `${shown} and ${all.length - MAX_NAMES} more` : shown || "–";
}

const columns = [
  { label: "Client", text: c => c.id },
  { label: "Streams", text: c => names(c.streams) },
  { label: "Zone", text: c => [c.zone ?? "–", ...c.listenZones].join(", ") },
  { label: "Came with id", text: c => c.lastEventId ?? "–" },
  { label: "Connected since", text: c => time(c.connectedAt) },
  { label: "Subject", text: c => c.subject ?? "–" },
  { label: "Address", text: c => c.remote ?? "–" },
  { label: "Node", text: c => c.node },
  {
    label: "",
    fill(cell, row) {
      const send = make("button", { type: "button", text: "Send" });
      const disconnect = make("button", { type: "button", text: "Disconnect" });
      send.addEventListener("click", () => askToSend(row.item));
      disconnect.addEventListener("click", () => askToDisconnect(row.item));
      cell.className = "actions";
      cell.append(send, disconnect);
      return client => {
        send.ariaLabel = `Send to ${client.id}`;
        disconnect.ariaLabel = `Disconnect ${client.id}`;
      };
    },
  },
];

const list = pages("clients", {
  path: "/v1/clients", member: "clients", grant: "clients (of a prefix: with that prefix)",
  query: () => ({ prefix: $("clients-prefix").value, stream: $("clients-stream").value }),
  columns, key: c => `${c.id}\n${c.zone ?? ""}`,
  empty: () => $("clients-prefix").value || $("clients-stream").value ? "No such client is connected." : "Nobody is connected.",
});

function askToSend({ id, zone }) {
  question(`Send to ${id}`, "The event goes to this client alone.", "Send", [
    { name: "type", label: "Its type, or nothing for message" }, { name: "data", label: "Its data", tag: "textarea" },
  ], async ({ type, data }) => {
    const answer = await ask("/v1/publish", { method: "POST", query: { client: id, zone, type }, text: data, grant: `send:${id}` });
    return answer.ok ? "" : answer.text;
  });
}

function askToDisconnect({ id, zone }) {
  question(`Disconnect ${id}?`, "Its connection ends.", "Disconnect", [
    { name: "refuse", label: "Refuse it when it comes back, for 10 minutes", type: "checkbox" },
  ], async ({ refuse }) => {
    const query = { client: id, zone, reconnect: refuse ? "false" : "" };
    const answer = await ask("/v1/client", { method: "DELETE", query, grant: `clients:${id}` });
    if (!answer.ok) return answer.text;
    await list.refresh();
    return "";
  });
}

function begin() {
  if (!$("clients-prefix").value && !mayAll("clients")) $("clients-prefix").value = prefixes("clients")[0] ?? "";
}

let shown = false;
let typed = null;
for (const field of ["clients-prefix", "clients-stream"]) {
  $(field).addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(list.first, 250);
  });
}
$("clients-search").addEventListener("submit", event => {
  event.preventDefault();
  list.first();
});
onAccount(() => {
  begin();
  if (shown) list.first();
});

export default {
  show() {
    shown = true;
    begin();
    list.start();
  },
  hide() {
    shown = false;
    list.stop();
  },
};
