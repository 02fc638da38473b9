// Reads an event stream with fetch. An EventSource sends no token, and hears only types that it was told of.
const MAX_WAIT_MS = 30000;

/** Splits an event stream into events (HTML standard, 9.2.6). Give it text as it comes; it calls back for each event. */
export function parser(onEvent, onRetry) {
  let rest = "";
  let type = "", id = null, data = [];
  const line = text => {
    if (text === "") {
      if (data.length > 0) onEvent({ type: type || "message", id, data: data.join("\n") });
      type = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") data.push(value);
    else if (name === "event") type = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) onRetry(Number(value));
  };
  return text => {
    rest += text;
    // A CR at the end may be the first half of a line's end.
    for (let end; (end = rest.search(/\r\n|\n|\r(?=[^])/)) >= 0;) {
      const found = rest.slice(0, end);
      rest = rest.slice(end + (rest.startsWith("\r\n", end) ? 2 : 1));
      line(found);
    }
  };
}

/**
 * Reads one stream until it is closed, and comes back after what will pass.
 * Callbacks: onState("connecting" | "open" | "refused", text), onEvent({stream, type, id, data}).
 */
export function read(stream, query, headers, { onState, onEvent }) {
  const control = new AbortController();
  let lastId = null, retry = 1000, failures = 0;

  const attempt = async () => {
    const url = `/v1/stream/events?${new URLSearchParams({ stream, ...query })}`;
    const response = await fetch(url, { headers: { ...headers(), ...(lastId ? { "Last-Event-ID": lastId } : {}) }, signal: control.signal, cache: "no-store" });
    if (response.status === 204) return { text: "ended by the hub; it does not come back" };
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      const text = response.status === 401 || response.status === 403 ? `${problem.detail ?? response.status}; a token that may read this stream is needed` : problem.detail ?? `status ${response.status}`;
      if (response.status !== 408 && response.status !== 429 && response.status < 500) return { text };
      // Seconds; some proxies send a date.
      const after = Number(response.headers.get("Retry-After") ?? 1);
      retry = Math.max(retry, 1000 * (Number.isFinite(after) ? after : 1));
      throw new Error(text);
    }
    onState("open", "");
    const parse = parser(event => {
      failures = 0;
      if (event.id !== null) lastId = event.id;
      onEvent({ stream, ...event, id: lastId ?? "" });
    }, ms => { retry = ms; });
    const body = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part; !(part = await body.read()).done;) parse(part.value);
    return null;
  };

  (async () => {
    while (!control.signal.aborted) {
      try {
        const refusal = await attempt();
        if (refusal) return onState("refused", refusal.text);
        onState("connecting", "the stream ended; reconnecting");
      } catch (error) {
        if (control.signal.aborted) return;
        onState("connecting", `${error.message}; reconnecting`);
      }
      const wait = Math.min(MAX_WAIT_MS, retry * 2 ** Math.min(failures++, 5));
      await new Promise(resume => setTimeout(resume, wait * (0.5 + Math.random() / 2)));
    }
  })();
  return () => control.abort();
}
