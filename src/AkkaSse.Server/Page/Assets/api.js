// Calls of the HTTP API that answer with a body: docs/http-api.md. Streams are read by reader.js.
import { ended, headers } from "/page/account.js";
import { problem } from "/page/tickets.js";

/**
 * Calls the API: { ok, status, body } or { ok: false, status, text } with the reason in words; status 0 without an answer. It never throws.
 * Options: method, query (empty values are left out), json or text (the body), grant (the verb that is named where it is refused).
 */
export async function ask(path, { method = "GET", query = {}, json, text, grant } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const url = given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
  const type = json !== undefined ? "application/json" : text !== undefined ? "text/plain" : null;
  try {
    const response = await fetch(url, {
      method, cache: "no-store", headers: { ...headers(), ...(type ? { "Content-Type": type } : {}) },
      body: json !== undefined ? JSON.stringify(json) : text,
    });
    if (!response.ok) {
      if (response.status === 401) await ended();
      return { ok: false, status: response.status, text: (await problem(response, grant ? `with the grant ${grant} is needed` : "")).text };
    }
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    return { ok: true, status: response.status, body: isJson ? await response.json() : await response.text() };
  } catch (error) {
    return { ok: false, status: 0, text: `The server does not answer: ${error.message}.` };
  }
}

/** Whether asking again changes nothing until somebody else signs in: wrong tokens are counted, and slow the right ones' owner down. */
export const isRefusal = answer => !answer.ok && (answer.status === 401 || answer.status === 403);
