// The contents are collapsed on small screens, and everything is open on paper.
(function () {
  const contents = document.querySelector("nav details");
  const small = matchMedia("(max-width: 67.99rem)");
  const fit = () => { contents.open = !small.matches; };
  small.addEventListener("change", fit);
  contents.addEventListener("click", (event) => {
    if (small.matches && event.target.closest("a")) contents.open = false;
  });
  fit();

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("main details:not([open])"));
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
})();

// Search and sorting of the table of targets, which the page's address keeps. Without
// JavaScript, the table is static: the controls are created here.
(function () {
  const table = document.getElementById("target-table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const texts = rows.map((row) =>
    Array.from(row.querySelectorAll(".searched"), (cell) => cell.textContent).join(" ").toLowerCase()
  );
  const search = document.getElementById("target-search");
  const shown = document.getElementById("target-count");
  const headings = Array.from(table.tHead.rows[0].cells);
  const names = headings.map((heading) => heading.textContent.trim());

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    rows.forEach((row, number) => {
      row.hidden = !words.every((word) => texts[number].includes(word));
      left += row.hidden ? 0 : 1;
    });
    const [some, all] = [left, rows.length].map((count) => count.toLocaleString("en"));
    shown.textContent = `${some} of ${all} shown`;
  }

  function remember() {
    const address = new URL(location.href);
    const column = headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
    const order = headings[column]?.getAttribute("aria-sort");
    const state = { search: search.value, sort: names[column], order: order };
    Object.entries(state).forEach(([key, text]) => {
      address.searchParams.delete(key);
      if (text) address.searchParams.append(key, text);
    });
    // Refused where the page has no address of its own, e.g. in a preview.
    try { history.replaceState(null, "", address); } catch { /* The table works without. */ }
  }

  function value(row, column, numeric) {
    const cell = row.cells[column];
    if (!numeric) return cell.textContent.trim();
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  }

  function compare(one, other, numeric) {
    return numeric ? one - other : one.localeCompare(other, "en", { numeric: true });
  }

  // Numbers start with the highest, names with A.
  function nextOrder(heading) {
    const orders = ["ascending", "descending"];
    const [first, second] = heading.classList.contains("number") ? orders.reverse() : orders;
    return heading.getAttribute("aria-sort") === first ? second : first;
  }

  function sort(column, order) {
    const numeric = headings[column].classList.contains("number");
    const sign = order === "ascending" ? 1 : -1;
    headings.forEach((heading) => heading.removeAttribute("aria-sort"));
    headings[column].setAttribute("aria-sort", order);
    const keyed = rows.map((row) => ({ row: row, key: value(row, column, numeric) }));
    keyed.sort((a, b) => {
      // Missing values come last in either order.
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return sign * compare(a.key, b.key, numeric);
    });
    body.append(...keyed.map((entry) => entry.row));
  }

  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => {
      sort(column, nextOrder(heading));
      remember();
    });
    heading.append(button);
  });
  search.addEventListener("input", () => {
    filter();
    remember();
  });
  search.form.addEventListener("submit", (event) => event.preventDefault());
  search.form.hidden = false;

  const kept = new URL(location.href).searchParams;
  search.value = kept.get("search") || "";
  const column = names.indexOf(kept.get("sort"));
  if (column >= 0) sort(column, kept.get("order") === "ascending" ? "ascending" : "descending");
  filter();
})();
