// What is said of an answer that is no success, and the tickets with which streams are opened: a text that may stand in a url, because an
// EventSource sends no token.

const WANTS = "that may read this stream is needed";

/**
 * Why an answer is a refusal: { text, wait }; wait is null where to come back changes nothing, else a number of milliseconds.
 * wants says which token would do; "" leaves that out.
 */
export async function problem(response, wants = WANTS) {
  const said = await response.json().catch(() => ({}));
  const detail = said.detail ?? `status ${response.status}`;
  if (response.status === 401 || response.status === 403) return { text: wants ? `${detail} Sign in: a token ${wants}.` : detail, wait: null };
  if (response.status !== 408 && response.status !== 429 && response.status < 500) return { text: detail, wait: null };
  // Seconds; some proxies send a date.
  const after = Number(response.headers.get("Retry-After") ?? 1);
  const wait = 1000 * (Number.isFinite(after) ? Math.max(1, after) : 1);
  return { text: response.status === 429 ? `${detail} Try again in ${wait / 1000} s.` : detail, wait };
}

/** A refusal that is thrown; see problem(). */
export class Refusal extends Error {
  constructor({ text, wait }) {
    super(text);
    this.wait = wait;
  }
}

/**
 * Gets tickets from the server, one for all streams of the page: all have its instance, to which a ticket is bound.
 * headers() authenticates; needed() says whether anybody has to.
 */
export function tickets(headers, needed) {
  let current = null;

  async function issue() {
    const response = await fetch("/v1/tickets", { method: "POST", headers: headers(), cache: "no-store" });
    // A server that asks nobody has no tickets.
    if (response.status === 404) return null;
    if (!response.ok) throw new Refusal(await problem(response));
    return (await response.json()).ticket;
  }

  /** The ticket, or null where none is needed. Another one than `bad`, which was not accepted. */
  async function get(bad = null) {
    if (!needed()) return null;
    if (current && bad !== null && await current.catch(() => bad) === bad) current = null;
    const asked = current ??= issue();
    // One that could not be had is asked for again by whoever comes next.
    asked.catch(() => { if (current === asked) current = null; });
    return asked;
  }

  return { get, forget: () => { current = null; } };
}
