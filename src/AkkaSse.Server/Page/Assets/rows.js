// Rows of a table that are updated in place: who has the focus keeps it, and the keyboard moves over rows.

/**
 * Shows items in a tbody. columns: [{ label, text(item) }] or [{ label, fill(cell, item) }], which is called once per row and returns a
 * function that updates it. key(item) tells rows apart; open(item) is what Enter does.
 */
export function rows(body, { columns, key, open }) {
  const present = new Map();
  let current = null;

  // One stop of the tab key for the whole list: the buttons of the present row come after it.
  function select(row) {
    if (current) reach(current, -1);
    current = row;
    if (row) reach(row, 0);
  }
  const reach = (row, index) => [row, ...row.querySelectorAll("button, a")].forEach(e => { e.tabIndex = index; });

  body.addEventListener("focusin", event => {
    const row = event.target.closest("tr");
    if (row && row !== current) select(row);
  });
  body.addEventListener("keydown", event => {
    const row = event.target.closest("tr");
    if (!row) return;
    const to = {
      ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: body.firstElementChild, End: body.lastElementChild,
    }[event.key];
    if (to) {
      event.preventDefault();
      to.focus();
    } else if (event.key === "Enter" && event.target === row && open) {
      open(row.item);
    }
  });

  function add(item) {
    const row = document.createElement("tr");
    row.tabIndex = -1;
    row.updates = columns.map(column => {
      const cell = document.createElement("td");
      cell.dataset.label = column.label;
      row.append(cell);
      if (column.fill) return column.fill(cell, row);
      return item => {
        const text = column.text(item);
        if (cell.textContent !== text) cell.textContent = text;
      };
    });
    present.set(key(item), row);
    return row;
  }

  return {
    show(items) {
      const focused = body.contains(document.activeElement) ? document.activeElement : null;
      const gone = new Set(present.keys());
      const ordered = items.map(item => {
        const row = present.get(key(item)) ?? add(item);
        gone.delete(key(item));
        row.item = item;
        for (const update of row.updates) update(item);
        return row;
      });
      for (const one of gone) present.delete(one);
      if (ordered.length !== body.children.length || ordered.some((row, i) => row !== body.children[i])) {
        body.replaceChildren(...ordered);
        if (focused && body.contains(focused)) focused.focus();
      }
      if (!current || !body.contains(current)) select(body.firstElementChild);
      else reach(current, 0);
    },
  };
}
