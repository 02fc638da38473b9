// Who the page speaks for: nobody where the server asks nobody, a session (a cookie that no script can read), or the token with each call.
import { $, say } from "/page/dom.js";
import { problem, tickets } from "/page/tickets.js";

/** open: nobody has to authenticate; grants: null while nobody is known. */
export const account = { open: false, signedIn: false, subject: null, grants: null };

const changed = new Set();
let asked = 0;

/** Calls back whenever somebody else is who the page speaks for. */
export const onAccount = callback => changed.add(callback);

const token = () => $("token").value.trim();

export const headers = () => token() ? { Authorization: `Bearer ${token()}` } : {};

/** The tickets of the page's streams; forgotten when somebody else signs in. */
export const ticketSource = tickets(headers, () => account.signedIn || token() !== "");

// One per page: the hub lets the same instance replace itself at once, and tells two tabs apart.
// (Not randomUUID: browsers have that for https and loopback only.)
export const instance = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");

/** Asks the server who is there. True when somebody is, or nobody has to be. */
export async function check() {
  const own = ++asked;
  const bare = await fetch("/v1/session", { cache: "no-store" });
  let present = bare.ok ? await bare.json() : null;
  if (!present && bare.status !== 404 && token()) {
    const known = await fetch("/v1/session", { headers: headers(), cache: "no-store" });
    if (known.ok) present = await known.json();
  }
  const there = bare.status === 404 || present !== null;
  // Somebody has signed in or out meanwhile: who asked then knows better.
  if (own !== asked) return there;
  account.open = bare.status === 404;
  account.signedIn = bare.ok;
  account.subject = present?.subject ?? null;
  account.grants = present?.grants ?? null;
  $("account").hidden = account.open;
  $("token-field").hidden = $("sign-in").hidden = account.signedIn || account.open;
  $("sign-out").hidden = !account.signedIn;
  if (present) say($("session"), words(present));
  return there;
}

function words({ subject, expires, grants }) {
  const until = expires ? ` until ${new Date(expires).toLocaleString()}` : "";
  return `${account.signedIn ? "Signed in as" : "The token of"} ${subject}${until}. Grants: ${(grants ?? []).join(", ") || "none"}.`;
}

/** Tells a session that has ended from a call that is not allowed; see api.js. */
export async function ended() {
  if (account.signedIn && !(await check())) say($("session"), "The session has ended. Sign in again.");
}

// Browsers take the cookie over https, and over http from this machine alone; elsewhere the token stays.
async function signIn() {
  const response = await fetch("/v1/session", { method: "POST", headers: headers() });
  ticketSource.forget();
  if (!response.ok) {
    say($("session"), `Not signed in: ${(await problem(response, "")).text}`, true);
  } else {
    await check();
    if (account.signedIn) {
      $("token").value = "";
      sessionStorage.removeItem("token");
    } else {
      say($("session"), "The browser takes no session over this connection; the token goes with each call.");
    }
  }
  tell("in");
}

async function signOut() {
  await fetch("/v1/session", { method: "DELETE" });
  ticketSource.forget();
  say($("session"), "");
  await check();
  tell("out");
}

const tell = what => changed.forEach(callback => callback(what));

/** Begins with the token of this tab, which a reload does not ask for again, or with the session. */
export async function begin() {
  $("token").value = sessionStorage.getItem("token") ?? "";
  $("token").addEventListener("change", async () => {
    ticketSource.forget();
    sessionStorage.setItem("token", token());
    say($("session"), "");
    await check().catch(() => {});
    tell("token");
  });
  $("sign-in").addEventListener("click", signIn);
  $("sign-out").addEventListener("click", signOut);
  await check().catch(error => say($("session"), `The server does not answer: ${error.message}.`, true));
}

/** Whether a verb is granted on every name; true while nobody knows. What decides is the server's answer. */
export const mayAll = verb => account.grants === null || account.grants.some(g => g === verb || g === "all");

/** The prefixes of names that grants of some verbs cover. */
export const prefixes = (...verbs) => (account.grants ?? [])
  .map(g => /^([a-z]+):(.*)\*$/.exec(g))
  .filter(m => m && (verbs.includes(m[1]) || m[1] === "all"))
  .map(m => m[2]);
