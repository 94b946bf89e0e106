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
