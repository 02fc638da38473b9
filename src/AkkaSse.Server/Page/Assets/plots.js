// Lines over time, drawn by uPlot into a figure with a caption that has the newest values as text.
import uPlot from "/page/uplot/uPlot.esm.js";
import { bytes, make } from "/page/dom.js";
import { KEPT } from "/page/figures.js";

const HEIGHT = 150;

// Marks of bytes stand at 1, 2, 4, … KiB.
const POWERS = Array.from({ length: 50 }, (_, i) => 2 ** i);
const all = new Set();

const clock = at => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
// A value between two seconds without one is no line: a quantile of what happens now and then.
const alone = ({ data }, line) =>
  data[line].flatMap((value, i, all) => value != null && all[i - 1] == null && all[i + 1] == null ? [i] : []);
const lastMinutes = end => [end - KEPT, end];

/**
 * A plot in a figure: title, format (number to text), lines: [{ name, value(sample) }]. show(samples) draws it.
 * A line that no sample has a value of is left out of the caption.
 */
export function plot(figure, title, format, lines) {
  const swatches = lines.map((_, i) => make("i", { className: `swatch line-${i}`, ariaHidden: "true" }));
  const values = lines.map(() => make("b", { text: "–" }));
  const entries = lines.map((line, i) => make("span", {}, swatches[i], line.name ? `${line.name} ` : "", values[i]));
  const nothing = make("span", { text: "nothing measured yet", hidden: true });
  const caption = make("figcaption", {},
    make("span", { text: title, className: "title" }), make("span", { className: "values" }, ...entries, nothing));
  // The caption says the same as text.
  const box = make("div", { className: "plot", ariaHidden: "true" });
  figure.replaceChildren(caption, box);

  const colour = i => getComputedStyle(swatches[i]).color;
  const soft = () => getComputedStyle(caption).color;
  const grid = () => getComputedStyle(box).borderTopColor;
  const axis = { stroke: soft, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "11px system-ui, sans-serif" };
  const drawn = new uPlot({
    width: Math.max(1, box.clientWidth), height: HEIGHT, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } },
    padding: [8, 20, 0, 0],
    scales: {
      // Five minutes whatever was seen of them, so that a line grows into its place and the axis stands.
      // (Of its own data: for one sample alone uPlot would give a day.)
      x: { range: u => lastMinutes(u.data?.[0]?.at(-1) ?? Date.now() / 1000) },
      y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 28, space: 50, incrs: [60, 120, 300], values: (_, marks) => marks.map(clock) },
      {
        ...axis, size: 62, space: 28, values: (_, marks) => marks.map(m => m == null ? "" : format(m)),
        ...(format === bytes ? { incrs: POWERS } : {}),
      },
    ],
    series: [{}, ...lines.map((_, i) => ({
      stroke: () => colour(i), width: 1.5, spanGaps: false,
      points: { show: false, size: 4, filter: alone, stroke: () => colour(i), fill: () => colour(i) },
    }))],
    hooks: { setCursor: [u => tell(u.cursor.idx)] },
  }, [[], ...lines.map(() => [])], box);

  function tell(index) {
    lines.forEach((_, i) => {
      const data = drawn.data[i + 1];
      const value = data[index ?? data.length - 1];
      const text = value == null ? "–" : format(value);
      if (values[i].textContent !== text) values[i].textContent = text;
      entries[i].hidden = lines.length > 1 && data.every(v => v == null);
    });
    nothing.hidden = entries.some(e => !e.hidden);
  }

  new ResizeObserver(() => {
    if (box.clientWidth > 0) drawn.setSize({ width: box.clientWidth, height: HEIGHT });
  }).observe(box);
  all.add(drawn);

  return {
    show(samples) {
      drawn.setData([samples.map(s => s.at), ...lines.map(line => samples.map(s => line.value(s) ?? null))]);
      tell(drawn.cursor.idx);
    },
  };
}

/** Draws everything in the colours of the theme that has just been chosen. */
export const redraw = () => all.forEach(drawn => drawn.redraw(true));
