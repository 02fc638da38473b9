// Everything that the types promise, used once; the tests compile it and run nothing.
import { HubError, isGap, subscribe, ticketsFrom, type Gap, type PublishedEvent } from "akkasse";

interface Order {
  readonly number: number;
}

const orders = subscribe({
  url: "https://hub.example.com",
  streams: ["orders", "invoices"],
  zones: ["berlin"],
  client: "ann",
  since: "last:10",
  share: "ann",
  ticket: ticketsFrom("https://hub.example.com", { headers: async () => ({ Authorization: "Bearer …" }) }),
  parse: data => JSON.parse(data) as Order,
  on: {
    created: event => console.log(event.data.number, event.eid),
  },
  onHub: {
    "hub.gap": gap => console.warn(gap.data.stream, gap.data.from, gap.data.reason),
  },
  onState: ({ state, wait, error }) => console.log(state, wait, error?.code),
  signal: AbortSignal.timeout(60_000),
});

const stop: () => void = orders.on("paid", event => console.log(event.data.number.toFixed()));
orders.on("hub.open", event => console.log(event.data.client, event.data.streams[0]?.head));
orders.on("hub.subscriptions", event => console.log(event.data.streams.length));
stop();

export async function read(): Promise<HubError | null> {
  const texts = subscribe({ url: "/news", buffer: 16 });
  for await (const event of texts) {
    if (isGap(event)) {
      const gap: Gap = event.data;
      console.warn(gap.reason);
    } else {
      const published: PublishedEvent = event;
      console.log(published.data.length);
    }
  }
  return texts.closed;
}

// @ts-expect-error streams are a list
subscribe({ streams: "orders" });
// @ts-expect-error data is what parse gives
subscribe({ streams: ["a"], parse: Number }).on("x", event => event.data.trim());
// @ts-expect-error a gap has no such member
subscribe({ streams: ["a"] }).on("hub.gap", event => event.data.offset);
