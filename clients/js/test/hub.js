// As much of a hub as the client's own tests need: one log per stream with positions as ids, and answers that a test prescribes.
import { createServer } from "node:http";

export async function startHub({ heartbeat = 50 } = {}) {
  const logs = new Map(), readers = new Set(), requests = [], prescribed = [];
  const epoch = "e1", hub = { beats: 0 };

  const frame = e => `${e.eid ? `: eid=${e.eid}\n` : ""}${e.type ? `event: ${e.type}\n` : ""}data: ${e.data}\nid: ${e.id}\n\n`;
  const log = stream => logs.get(stream) ?? logs.set(stream, []).get(stream);

  function read(url, request, response) {
    const stream = url.searchParams.get("stream");
    const given = request.headers["last-event-id"] ?? url.searchParams.get("last_event_id");
    const events = log(stream);
    const since = url.searchParams.get("since");
    let at = given ? Number(given.split("-")[0]) : since === "earliest" ? 0 : events.length;
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const id = at === 0 && events.length === 0 ? "0-0" : `${at}-${epoch}`;
    response.write(`:\nevent: hub.open\nretry: 1\ndata: {"client":"c","streams":[]}\nid: ${id}\n\n`);
    const reader = {
      stream, response,
      drain() {
        while (at < events.length && !response.writableNeedDrain) response.write(frame(events[at++]));
        if (at < events.length && response.listenerCount("drain") === 0) response.once("drain", () => reader.drain());
      },
      end: text => response.end(text),
      kill: () => response.destroy(),
    };
    readers.add(reader);
    const beat = setInterval(() => hub.beats += response.write(":\n") ? 1 : 0, heartbeat);
    response.on("close", () => {
      clearInterval(beat);
      readers.delete(reader);
    });
    reader.drain();
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://hub");
    requests.push({ url, headers: request.headers, method: request.method });
    const answer = prescribed.shift();
    if (!answer) return read(url, request, response);
    if (answer === "cut") return response.destroy();
    const { status = 200, headers = {}, body = "" } = answer;
    response.writeHead(status, headers);
    response.end(body);
  });
  await new Promise(listening => server.listen(0, "127.0.0.1", listening));
  return Object.assign(hub, {
    url: `http://127.0.0.1:${server.address().port}/`,
    requests, readers,
    /** What the next requests are answered, in order: { status, headers, body } or "cut". */
    answer: (...answers) => prescribed.push(...answers),
    publish(stream, data, { type, eid, id } = {}) {
      const events = log(stream);
      events.push({ data, type, eid, id: id ?? `${events.length + 1}-${epoch}` });
      for (const reader of readers) if (reader.stream === stream) reader.drain();
    },
    endAll: text => [...readers].forEach(reader => reader.end(text)),
    killAll: () => [...readers].forEach(reader => reader.kill()),
    async stop() {
      server.closeAllConnections();
      await new Promise(closed => server.close(closed));
    },
  });
}

/** Waits for a condition; says what it waited for. */
export async function until(condition, what) {
  for (let i = 0; i < 6_000; i++) {
    if (condition()) return;
    await new Promise(resume => setTimeout(resume, 5));
  }
  throw new Error(`In vain for: ${what()}`);
}
