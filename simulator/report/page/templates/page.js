"use strict";
// ---- tables: sorted by a click on a column's head, filtered by a text and by the values of some columns
for (const table of document.querySelectorAll("table[data-sorts]")) sortable(table);
for (const table of document.querySelectorAll("table[data-filters]")) filterable(table);

function sortable(table) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (!head.textContent) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const number = head.classList.contains("n");
      const before = head.getAttribute("aria-sort");
      const falls = before ? before === "ascending" : number;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [row.classList.contains("strong"), key(row.cells[column], number), row]);
      rows.sort(([totalA, a], [totalB, b]) => totalA - totalB || order(a, b, falls));
      body.append(...rows.map((row) => row[2]));
    });
  });
}

function key(cell, number) {
  const told = "key" in cell.dataset ? cell.dataset.key : cell.textContent;
  return number ? (told === "" || isNaN(told) ? null : Number(told)) : told;
}

function order(a, b, falls) { // what is not known stands last, either way
  if (a === null || b === null) return (a === null) - (b === null);
  const way = typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
  return falls ? -way : way;
}

function filterable(table) {
  const rows = [...table.tBodies[0].rows], box = document.createElement("div"), found = document.createElement("output");
  box.className = "filter";
  const search = document.createElement("input");
  search.type = "search";
  labelled("Find", search);
  const choices = (table.dataset.filters ? table.dataset.filters.split(" ") : []).map((column) => {
    const select = document.createElement("select");
    const values = new Set(rows.map((row) => row.cells[column].textContent));
    select.append(new Option("all", ""));
    for (const value of [...values].sort((a, b) => a.localeCompare(b, "en"))) select.append(new Option(value || "(none)", "=" + value));
    labelled(table.tHead.rows[0].cells[column].textContent, select);
    return [column, select];
  });
  box.append(found);
  table.parentNode.before(box);

  function labelled(text, control) {
    const label = document.createElement("label");
    label.append(text, control);
    box.append(label);
    control.addEventListener("input", apply);
  }

  function apply() {
    const wanted = search.value.trim().toLocaleLowerCase();
    let left = 0;
    for (const row of rows) {
      const here = choices.every(([column, select]) => !select.value || select.value === "=" + row.cells[column].textContent);
      const fits = here && row.textContent.toLocaleLowerCase().includes(wanted);
      row.hidden = !fits;
      left += fits;
    }
    found.textContent = left === rows.length ? "" : `${left} of ${rows.length}`;
  }
}

// ---- the curve: a target is moved by pointer or keys, and its chance, written by the report, is shown
for (const svg of document.querySelectorAll("svg[data-reach]")) reachable(svg);

function reachable(svg) {
  const stops = svg.dataset.reach.split("|").map((stop) => stop.split(";"));
  const [down, across, handle, asked, answer] =
    ["down", "across", "handle", "asked", "answer"].map((name) => svg.querySelector("." + name));
  const value = (text) => parseFloat(text.replace(/,/g, "").replace("−", "-"));
  const slider = document.createElement("div");
  const told = { role: "slider", tabindex: 0, "aria-label": "Target, " + svg.dataset.unit,
    "aria-valuemin": value(stops[0][2]), "aria-valuemax": value(stops.at(-1)[2]) };
  for (const name in told) slider.setAttribute(name, told[name]);
  svg.before(slider);
  slider.append(svg);
  const hint = document.createElement("p");
  hint.className = "quiet hint";
  hint.textContent = "Drag the target, or move it by the arrow keys.";
  slider.after(hint);
  let at = Number(svg.dataset.at);
  show(at);

  function show(to) {
    at = Math.min(Math.max(to, 0), stops.length - 1);
    const [x, y, amount, says] = stops[at];
    const places = [[down, { x1: x + "%", x2: x + "%", y1: y }], [across, { x2: x + "%", y1: y, y2: y }],
      [handle, { cx: x + "%", cy: y }]];
    for (const [shape, place] of places) for (const name in place) shape.setAttribute(name, place[name]);
    asked.textContent = `At least ${amount}, ${svg.dataset.unit}`;
    answer.textContent = says;
    slider.setAttribute("aria-valuenow", value(amount));
    slider.setAttribute("aria-valuetext", `${amount}, ${svg.dataset.unit}: ${says}`);
  }

  function point(event) {
    const box = svg.querySelector(".plot").getBoundingClientRect();
    const x = 100 * (event.clientX - box.left) / box.width;
    const far = (stop) => Math.abs(stop[0] - x);
    show(stops.reduce((best, stop, i) => (far(stop) < far(stops[best]) ? i : best), 0));
  }

  slider.addEventListener("pointerdown", (event) => {
    slider.setPointerCapture(event.pointerId);
    point(event);
  });
  slider.addEventListener("pointermove", (event) => { if (slider.hasPointerCapture(event.pointerId)) point(event); });
  slider.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10,
      Home: -stops.length, End: stops.length };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(at + steps[event.key]);
  });
}
