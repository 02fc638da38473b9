// Events as rows, newest first: the last thousand are kept, of which the newest that match a filter are shown.
import { $, count, make } from "/page/dom.js";

const KEPT = 1000;
const SHOWN = 200;

// What is drawn of one event in the list, and in full below it.
const LINE_CHARS = 300;
const DETAIL_CHARS = 200000;

// Ten times a second is as often as anybody can read.
const DRAW_MS = 100;

/** Text as indented JSON, or as it came when it is none. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const cut = (text, most) => text.length > most ? `${text.slice(0, most)}… (${count(text.length)} characters)` : text;

/**
 * id: the prefix of the elements id-rows, id-counts and id-detail. columns: [{ label, text(event) }].
 * Returns add(event), set(events), filter(predicate), pause(on), json(on).
 */
export function events(id, columns) {
  const body = $(`${id}-rows`);
  let kept = [], received = 0, matches = () => true, frozen = null, asJson = true, drawing = null, chosen = null;

  function row(event) {
    const line = make("tr", { tabIndex: 0 }, ...columns.map(column =>
      make("td", { text: cut(column.text(event), LINE_CHARS), data: { label: column.label } })));
    if (event.kind) line.dataset.kind = event.kind;
    line.event = event;
    return line;
  }

  function draw() {
    drawing = null;
    const from = frozen ?? kept;
    const found = [];
    for (let i = from.length - 1; i >= 0 && found.length < SHOWN; i--) if (matches(from[i])) found.push(from[i]);
    const present = new Map([...body.children].map(line => [line.event, line]));
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    body.replaceChildren(...found.map(event => present.get(event) ?? row(event)));
    if (focused && body.contains(focused)) focused.focus({ preventScroll: true });
    const gone = received - kept.length;
    const dropped = gone > 0 ? `, ${count(gone)} older ones dropped` : "";
    const words = `${count(received)} received, ${count(body.children.length)} shown${dropped}${frozen ? "; paused" : ""}`;
    $(`${id}-counts`).textContent = received === 0 ? "Nothing yet." : words;
  }
  const later = () => { drawing ??= setTimeout(draw, DRAW_MS); };

  function detail() {
    const pane = $(`${id}-detail`);
    pane.hidden = !chosen;
    if (!chosen) return;
    const text = asJson ? pretty(chosen.data) : chosen.data;
    pane.querySelector("h3").textContent = chosen.title ?? [chosen.type, chosen.id].filter(Boolean).join(" · ");
    pane.querySelector("pre").textContent = cut(text, DETAIL_CHARS);
  }

  function choose(line) {
    body.querySelector("[aria-selected]")?.removeAttribute("aria-selected");
    line?.setAttribute("aria-selected", "true");
    chosen = line?.event ?? null;
    detail();
  }

  body.addEventListener("click", e => choose(e.target.closest("tr")));
  body.addEventListener("keydown", e => {
    const line = e.target.closest("tr");
    const to = {
      ArrowDown: line?.nextElementSibling, ArrowUp: line?.previousElementSibling, Home: body.firstElementChild, End: body.lastElementChild,
    }[e.key];
    if (e.key === "Enter") choose(line);
    else if (to) {
      e.preventDefault();
      to.focus();
    }
  });

  return {
    add(event) {
      received++;
      kept.push(event);
      if (kept.length > KEPT) kept.shift();
      later();
    },
    /** Others in place of all; nothing: from the beginning. */
    set(all = []) {
      kept = all.slice(-KEPT);
      if (frozen) frozen = kept.slice();
      received = kept.length;
      choose(null);
      later();
    },
    filter(predicate) { matches = predicate; later(); },
    /** What is shown stays; what comes is kept meanwhile. */
    pause(on) { frozen = on ? kept.slice() : null; later(); },
    json(on) { asJson = on; detail(); },
  };
}
