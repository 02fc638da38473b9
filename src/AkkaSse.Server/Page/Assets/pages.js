// A list of the API, one page at a time: as many names as the hub has, never more than a page of rows.
import { ask, isRefusal } from "/page/api.js";
import { $, count, make, say } from "/page/dom.js";
import { poll } from "/page/poll.js";
import { rows } from "/page/rows.js";

const LIMIT = 100;
const REFRESH_MS = 5000;

/**
 * id: the prefix of the elements (id-rows, id-note, id-pager); path, member and grant of the call; query() of the form; then as rows().
 */
export function pages(id, { path, member, grant, query, columns, key, open, empty, taken = () => {} }) {
  const table = rows($(`${id}-rows`), { columns, key, open });
  const previous = make("button", { type: "button", text: "Previous", disabled: true });
  const next = make("button", { type: "button", text: "Next", disabled: true });
  const place = make("span", { className: "hint" });
  $(`${id}-pager`).append(previous, place, next);
  // Where each page up to the present one begins.
  let afters = [""], following = null;

  const polling = poll(async () => {
    const after = afters[afters.length - 1];
    const answer = await ask(path, { grant, query: { ...query(), after, limit: LIMIT } });
    // Another page was asked for meanwhile; it comes next.
    if (after !== afters[afters.length - 1]) return true;
    if (!answer.ok) {
      table.show([]);
      say($(`${id}-note`), answer.text, true);
      following = null;
      place.textContent = "";
    } else {
      const items = answer.body[member];
      taken(items);
      table.show(items);
      following = answer.body.next;
      const from = (afters.length - 1) * LIMIT;
      place.textContent = items.length > 0 ? `${count(from + 1)} to ${count(from + items.length)}` : "";
      const { complete, missing } = answer.body;
      const lacks = complete ? "" : `Without an answer: ${missing.join(", ") || "some nodes"}; what they have is not here.`;
      say($(`${id}-note`), lacks || (items.length === 0 ? empty() : ""), lacks !== "");
    }
    previous.disabled = afters.length === 1;
    next.disabled = !following;
    $(`${id}-pager`).hidden = previous.disabled && next.disabled;
    return !isRefusal(answer);
  }, { least: REFRESH_MS });

  previous.addEventListener("click", () => {
    if (afters.length > 1) afters.pop();
    polling.now();
  });
  next.addEventListener("click", () => {
    if (following) afters.push(following);
    following = null;
    polling.now();
  });
  return {
    start: polling.start,
    stop: polling.stop,
    refresh: polling.start,
    /** Another question: from its first page on. */
    first() {
      afters = [""];
      return polling.start();
    },
  };
}
