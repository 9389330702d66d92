// Search and sorting of the table of targets. Without JavaScript, the table is static:
// the controls are created here.
(function () {
  const table = document.getElementById("target-table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const texts = rows.map((row) =>
    Array.from(row.querySelectorAll(".searched"), (cell) => cell.textContent).join(" ").toLowerCase()
  );
  const search = document.getElementById("target-search");
  const shown = document.getElementById("target-count");

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    rows.forEach((row, number) => {
      row.hidden = !words.every((word) => texts[number].includes(word));
      left += row.hidden ? 0 : 1;
    });
    shown.textContent = left.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " shown";
  }

  function value(row, column, numeric) {
    const cell = row.cells[column];
    if (!numeric) return cell.textContent.trim();
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  }

  function compare(one, other, numeric) {
    return numeric ? one - other : one.localeCompare(other, "en", { numeric: true });
  }

  function sort(heading, column) {
    const numeric = heading.classList.contains("number");
    // Numbers start with the highest, names with A.
    const first = numeric ? "descending" : "ascending";
    const second = numeric ? "ascending" : "descending";
    const order = heading.getAttribute("aria-sort") === first ? second : first;
    const sign = order === "ascending" ? 1 : -1;
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", order);
    const keyed = rows.map((row) => ({ row: row, key: value(row, column, numeric) }));
    keyed.sort((a, b) => {
      // Missing values come last in either order.
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return sign * compare(a.key, b.key, numeric);
    });
    body.append(...keyed.map((entry) => entry.row));
  }

  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading, column));
    heading.append(button);
  });
  search.addEventListener("input", filter);
  search.form.addEventListener("submit", (event) => event.preventDefault());
  search.form.hidden = false;
  filter();
})();
