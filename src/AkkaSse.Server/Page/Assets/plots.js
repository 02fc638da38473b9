// Lines over time, drawn by uPlot into a figure with a caption that has the newest values as text.
import uPlot from "/page/uplot/uPlot.esm.js";
import { make } from "/page/dom.js";

const HEIGHT = 150;
const all = new Set();

/**
 * A plot in a figure: title, format (number to text), lines: [{ name, value(sample) }]. show(samples) draws it.
 * A line that no sample has a value of is left out of the caption.
 */
export function plot(figure, title, format, lines) {
  const swatches = lines.map((_, i) => make("i", { className: `swatch line-${i}`, ariaHidden: "true" }));
  const values = lines.map(() => make("b", { text: "–" }));
  const entries = lines.map((line, i) => make("span", {}, swatches[i], line.name ? `${line.name} ` : "", values[i]));
  const caption = make("figcaption", {}, make("span", { text: title, className: "title" }), make("span", { className: "values" }, ...entries));
  // The caption says the same as text.
  const box = make("div", { className: "plot", ariaHidden: "true" });
  figure.replaceChildren(caption, box);

  const colour = i => getComputedStyle(swatches[i]).color;
  const soft = () => getComputedStyle(caption).color;
  const grid = () => getComputedStyle(box).borderTopColor;
  const axis = { stroke: soft, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "11px system-ui, sans-serif" };
  const drawn = new uPlot({
    width: Math.max(1, box.clientWidth), height: HEIGHT, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1] } },
    axes: [{ ...axis, size: 28, space: 70 }, { ...axis, size: 62, space: 28, values: (_, marks) => marks.map(m => m == null ? "" : format(m)) }],
    series: [{}, ...lines.map((_, i) => ({ stroke: () => colour(i), width: 1.5, spanGaps: false, points: { show: false } }))],
    hooks: { setCursor: [u => tell(u.cursor.idx)] },
  }, [[], ...lines.map(() => [])], box);

  function tell(index) {
    lines.forEach((_, i) => {
      const data = drawn.data[i + 1];
      const value = data[index ?? data.length - 1];
      const text = value == null ? "–" : format(value);
      if (values[i].textContent !== text) values[i].textContent = text;
      entries[i].hidden = data.length > 0 && data.every(v => v == null) && lines.length > 1;
    });
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
