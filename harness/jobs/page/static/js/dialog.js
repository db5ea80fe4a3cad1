// The dialog of a cell: its numbers by quantity and layer, or its networks, and the command that repeats it.
const dialog = byId("cell");

// Show what the address names; false where there is no such cell.
function openCell({ of, implementation }) {
  const i = DATA.implementations.findIndex(({ name }) => name === implementation);
  const number = DATA.cases.findIndex(({ id }) => id === of);
  if (i < 0) return false;
  if (number >= 0) showCell(i, number);
  else if (of.endsWith("*")) return openFamily(i, of.slice(0, -1));
  else return false;
  return true;
}

function openFamily(i, name) {
  const members = shownCases().filter((number) => name === ALL || DATA.cases[number].family === name);
  if (!members.length) return false;
  const lines = members.map((number) => {
    const { rank, digits } = summaryOfCell(i, number);
    const { id } = DATA.cases[number];
    const link = element("a", { href: addressOf(placeOfCell(id, DATA.implementations[i].name)) }, id);
    return [element("th", { scope: "row" }, link), badge(RANKS[rank]), digits ?? "–"];
  });
  const ran = members.filter((number) => summaryOfCell(i, number).ran).length;
  fill(`${DATA.implementations[i].name}: ${name}`, [
    element("p", {}, `${ran} of ${plural(members.length, "network")} ran. Each leads to its numbers.`),
    listing(["network", "verdict", "digits"], lines),
  ]);
  return true;
}

// 10^6 as it is written by hand.
function withPowers(text) {
  const [before, power] = text.split("^");
  return element("span", {}, before, power ? element("sup", {}, power) : null);
}

function showCell(i, number) {
  const one = DATA.cases[number];
  const { name, language, title } = DATA.implementations[i];
  const rows = rowsOf(i, number);
  const lines = rows.map((row) => [
    element("th", { scope: "row" }, DATA.quantities[row.quantity] ?? row.quantity),
    row.layer || "–",
    badge(row.verdict),
    row.digits ?? "–",
    withPowers(row.error_ratio || "–"),
    row.entry || "–",
    row.entries ?? "–",
    row.detail,
  ]);
  const heads = ["quantity", "layer", "verdict", "digits", "error in bounds", "worst entry", "entries", "what happened"];
  fill(`${name} on ${one.id}`, [
    title ? element("p", { class: "title" }, `${title}.`) : null,
    language ? element("p", {}, `Language: ${language}.`) : null,
    element("p", {}, described(one)),
    rows.length ? listing(heads, lines) : element("p", {}, "Nothing was measured here."),
    element("p", { class: "note" }, NOTE),
    ...commands(name, one).flatMap(([text, command]) => [element("p", {}, text), copyable(command)]),
  ]);
}

const NOTE =
  "The error is in units of what rounding explains of that number; up to 1 is right. Where it is wrong, the worst entry " +
  "is [neuron, input] of ∂C/∂W, [neuron] of ∂C/∂b and [row, neuron] of δ, counted from 0.";

function described(one) {
  if (!one.widths) return "A network that this page knows by name only.";
  const layers = one.hidden ? `${one.hidden.replaceAll(" ", ", ")}, then ${one.output}` : one.output;
  const data = one.dataset === "random" ? "random data" : one.dataset;
  const rows = one.online ? `${plural(one.rows, "row")} one by one, again and again` : plural(one.rows, "row");
  return `Network ${one.widths} (${layers}; ${one.cost}) on ${data}, ${rows}, ${one.dtype}${one.note ? `: ${one.note}` : ""}.`;
}

function commands(name, { id, online, known }) {
  if (!known) return [["The same again, with your table:", `nox -s compare -- --data FILE.csv --only ${quoted(name)} --case ${quoted(id)}`]];
  const compare = ["The same numbers again:", `nox -s compare -- --only ${quoted(name)} --case ${quoted(id)}`];
  return online ? [compare] : [["On fresh numbers, with where it goes wrong and why, if it does:", `nox -s check -- ${quoted(name)} --case ${quoted(id)}`], compare];
}

// For a shell, whatever the name is made of.
function quoted(text) {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function copyable(command) {
  const button = element("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling); // forbidden here: select it at least
      button.textContent = "Selected";
    }
  });
  return element("div", { class: "command" }, element("code", { tabindex: "0" }, command), button);
}

function listing(heads, lines) {
  const cells = (line) => line.map((one) => (one instanceof HTMLTableCellElement ? one : element("td", {}, one)));
  const head = element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text))));
  const body = element("tbody", {}, ...lines.map((line) => element("tr", {}, ...cells(line))));
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "A table" }, element("table", {}, head, body));
}

function fill(title, content) {
  const close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(element("h2", { id: "cell-title" }, title), close, ...content.filter(Boolean));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // the dark around it
});
dialog.addEventListener("close", () => {
  const { cell } = address();
  if (!cell) return;
  history.replaceState(null, "", addressOf("glance"));
  const buttons = [...byId("matrix").querySelectorAll("td button")];
  const opener = buttons.findLast(({ dataset }) => dataset.of === cell.of && dataset.implementation === cell.implementation);
  if (opener) focusCell(opener);
});
