// Text of events and names of callers go into the page by textContent alone; the policy of the page forbids every other script anyway.
export const $ = id => document.getElementById(id);

/** An element with properties (text is its textContent) and children. */
export function make(tag, { text, data, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  if (text !== undefined) element.textContent = text;
  Object.assign(element.dataset, data ?? {});
  element.append(...children);
  return element;
}

/** Says how something went; nothing is written when nothing has changed, so that a screen reader does not repeat it. */
export function say(element, text, failed = false) {
  if (element.textContent !== text) element.textContent = text;
  element.toggleAttribute("data-failed", failed);
  element.hidden = text === "";
}

const whole = new Intl.NumberFormat("en");

/** 1234567 as 1,234,567. */
export const count = n => n == null ? "–" : whole.format(n);

/** 1234567 as 1.23 M; three digits. */
export function short(n) {
  if (n == null) return "–";
  const size = Math.abs(n);
  for (const [bound, unit] of [[1e9, " G"], [1e6, " M"], [1e4, " k"]])
    if (size >= bound) return digits(n / (bound === 1e4 ? 1e3 : bound)) + unit;
  return digits(n);
}

/** 1234567 as 1.18 MiB. */
export function bytes(n) {
  if (n == null) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  for (; Math.abs(n) >= 1024 && i < units.length - 1; i++) n /= 1024;
  return `${digits(n)} ${units[i]}`;
}

/** Seconds as 250 µs, 1.2 ms or 3 s. */
export function seconds(n) {
  if (n == null) return "–";
  return n < 1e-3 ? `${digits(n * 1e6)} µs` : n < 1 ? `${digits(n * 1e3)} ms` : `${digits(n)} s`;
}

/** A time of the API, in the browser's own zone. */
export const time = text => text ? new Date(text).toLocaleString() : "–";

function digits(n) {
  return String(Number(Math.abs(n) >= 1000 ? n.toFixed(0) : n.toPrecision(3)));
}
