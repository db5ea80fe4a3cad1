// The table: a row for each family of cases, which opens into its cases; a column for each implementation.
const ALL = "all of them";
const BY_NAME = "*"; // the order by the names of networks
let drawnFor = ""; // the query that the table shows

function shownImplementations() {
  return [...DATA.implementations.keys()].filter(
    (i) => !chosen.implementation || DATA.implementations[i].name === chosen.implementation,
  );
}

function shownCases() {
  const words = chosen.search.toLowerCase().split(/\s+/).filter(Boolean);
  return [...DATA.cases.keys()].filter((number) => {
    const one = DATA.cases[number];
    return (
      FILTERS.every(({ name, of }) => !of || !chosen[name] || of(one).includes(chosen[name])) &&
      words.every((word) => one.id.toLowerCase().includes(word))
    );
  });
}

function families(numbers) {
  const found = new Map();
  for (const number of numbers) {
    const family = DATA.cases[number].family;
    if (!found.has(family)) found.set(family, []);
    found.get(family).push(number);
  }
  return [...found].map(([name, members]) => ({ name, members }));
}

// So that a link to a cell leads to its row, and closing the dialog back to it.
function openFamilyOf(id) {
  const one = DATA.cases.find((each) => each.id === id);
  if (one) chosen.open.add(one.family);
}

// Sorted as chosen; worst first is upwards.
function sorted(items, nameOf, membersOf) {
  const { sort, downwards } = chosen;
  if (!sort) return items;
  const column = DATA.implementations.findIndex(({ name }) => name === sort);
  const keyed = items.map((item) => ({ item, name: nameOf(item), ...(column < 0 ? {} : summary(column, membersOf(item))) }));
  const byName = (a, b) => a.name.localeCompare(b.name, "en", { numeric: true });
  const byVerdict = (a, b) => a.rank - b.rank || (a.digits ?? 99) - (b.digits ?? 99);
  keyed.sort(column < 0 ? byName : byVerdict);
  if (downwards) keyed.reverse();
  return keyed.map(({ item }) => item);
}

function drawMatrix() {
  drawnFor = chosenAsQuery().toString();
  const columns = shownImplementations();
  const numbers = shownCases();
  const groups = sorted(families(numbers), ({ name }) => name, ({ members }) => members);
  byId("shown").textContent =
    `${plural(columns.length, "formulation")} of ${DATA.implementations.length}, ` +
    `${plural(numbers.length, "network")} of ${DATA.cases.length}.`;
  const made = element("table", { class: "verdicts" }, element("caption", { class: "spoken" }, "Verdict and digits"));
  made.append(element("thead", {}, headRow(columns)));
  if (groups.length > 1) made.append(element("tbody", {}, groupRow({ name: ALL, members: numbers }, columns)));
  for (const group of groups) {
    const body = element("tbody", {}, groupRow(group, columns));
    if (chosen.open.has(group.name)) {
      body.append(...sorted(group.members, (n) => DATA.cases[n].id, (n) => [n]).map((n) => caseRow(n, columns)));
    }
    made.append(body);
  }
  const empty = "No network is left. Take back a filter.";
  byId("matrix").replaceChildren(groups.length ? made : element("p", { class: "missing" }, empty));
  const first = made.querySelector("tbody td button");
  if (first) first.tabIndex = 0;
}

function headRow(columns) {
  const heads = columns.map((i) => headCell(DATA.implementations[i].name, DATA.implementations[i].name, "steep"));
  return element("tr", {}, headCell(BY_NAME, "networks", "corner"), ...heads);
}

function headCell(key, text, kind) {
  const direction = chosen.sort !== key ? "none" : chosen.downwards ? "descending" : "ascending";
  const arrow = { none: "", ascending: "▲", descending: "▼" }[direction];
  const name = element("span", { class: "name" }, text);
  const button = element("button", { type: "button", "data-sort": key, tabindex: "-1" }, arrow, name);
  return element("th", { scope: "col", class: kind, "aria-sort": direction }, button);
}

function groupRow({ name, members }, columns) {
  const open = chosen.open.has(name);
  const count = element("span", { class: "count" }, ` ${members.length}`, spoken(members.length === 1 ? " network" : " networks"));
  const head =
    name === ALL
      ? element("span", { class: "all" }, name, count)
      : element(
          "button",
          { type: "button", "data-open": name, "aria-expanded": String(open), tabindex: "-1" },
          element("span", { class: "sign", "aria-hidden": "true" }, open ? "▾ " : "▸ "),
          name,
          count,
        );
  const cells = columns.map((i) => cellOf(i, members, name, members.length === 1 ? DATA.cases[members[0]].id : `${name}*`));
  return element("tr", { class: name === ALL ? "family total" : "family" }, element("th", { scope: "row" }, head), ...cells);
}

function caseRow(number, columns) {
  const { id, note } = DATA.cases[number];
  const head = element("th", { scope: "row", title: note || null }, id);
  return element("tr", { class: "case" }, head, ...columns.map((i) => cellOf(i, [number], id, id)));
}

// A cell is a button: symbol, digits, and in words what it is of.
function cellOf(implementation, members, row, of) {
  const { rank, digits, ran } = summary(implementation, members);
  const verdict = RANKS[rank];
  const { name } = DATA.implementations[implementation];
  const isOutOfBounds = rank < RANKS.indexOf("agrees up to a convention");
  const below = isOutOfBounds ? verdict : row === ALL ? `${ran} of ${members.length}` : null;
  const words = [
    `${name}, ${row}: ${verdict}`,
    digits === null ? "" : `, ${plural(digits, "digit")}`,
    members.length > 1 ? `, ${ran} of ${members.length} ran` : "",
  ].join("");
  const button = element(
    "button",
    { type: "button", tabindex: "-1", "aria-label": words, title: words, "data-of": of, "data-implementation": name },
    element("span", {}, SYMBOLS[verdict], digits === null || row === ALL ? "" : ` ${digits}`),
    below && element("small", {}, below),
  );
  return element("td", { class: `verdict ${verdict.replaceAll(" ", "-")}` }, button);
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// One cell is in the tab order; arrows move it, Home and End go to the ends of the row.
function moveInMatrix(event) {
  const here = event.target.closest("button");
  const ends = event.key === "Home" || event.key === "End";
  if (!here || event.ctrlKey || event.altKey || event.metaKey || !(event.key in STEPS || ends)) return;
  const cell = here.closest("th, td");
  const rows = [...cell.closest("table").rows];
  let row = rows.indexOf(cell.parentElement);
  let column = cell.cellIndex;
  const last = rows[row].cells.length - 1;
  const [down, right] = STEPS[event.key] ?? [0, event.key === "Home" ? -last : last];
  event.preventDefault();
  let target = null;
  do {
    row += down;
    column = ends ? Math.max(0, Math.min(last, column + right)) : column + right;
    const next = rows[row]?.cells[column];
    if (!next) return;
    target = next.querySelector("button");
  } while (!target && !ends);
  if (target) focusCell(target);
}

function focusCell(button) {
  for (const other of byId("matrix").querySelectorAll('button[tabindex="0"]')) other.tabIndex = -1;
  button.tabIndex = 0;
  button.focus();
}
