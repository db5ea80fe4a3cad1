// What is chosen: the filters, the order and the open families. The address keeps it.
const FILTERS = [
  { name: "implementation", label: "Formulation", options: () => DATA.implementations.map(({ name }) => name) },
  { name: "dataset", label: "Data", of: (one) => [one.dataset] },
  { name: "activation", label: "Activation", of: (one) => [...(one.hidden ?? "").split(" "), one.output] },
  { name: "cost", label: "Cost", of: (one) => [one.cost] },
  { name: "dtype", label: "Numbers", of: (one) => [one.dtype] },
];
const chosen = { search: "", sort: "", downwards: false, open: new Set() };
for (const { name } of FILTERS) chosen[name] = "";

function optionsOf({ of, options }) {
  return options ? options() : [...new Set(DATA.cases.flatMap(of))].filter(Boolean).sort();
}

function makeFilters() {
  const selects = FILTERS.map((filter) => {
    const all = element("option", { value: "" }, "all");
    const options = optionsOf(filter).map((option) => element("option", { value: option }, option));
    return labelled(filter.label, element("select", { name: filter.name }, all, ...options));
  });
  const search = element("input", { type: "search", name: "search", autocomplete: "off", placeholder: "as in softmax-batch8" });
  byId("filters").append(...selects, labelled("Network", search), element("button", { type: "reset" }, "Show all"));
  byId("legend").append(...LEGEND.map((verdict) => element("li", { title: MEANINGS[verdict] }, badge(verdict))));
}

function labelled(text, control) {
  return element("label", {}, element("span", {}, text), control);
}

function chosenFromQuery(query) {
  for (const { name } of FILTERS) chosen[name] = query.get(name) ?? "";
  chosen.search = query.get("search") ?? "";
  chosen.sort = query.get("sort") ?? "";
  chosen.downwards = query.has("downwards");
  chosen.open = new Set(query.getAll("open"));
  for (const control of byId("filters").querySelectorAll("select, input")) {
    control.value = chosen[control.name];
    if (control.value !== chosen[control.name]) chosen[control.name] = control.value = ""; // no such choice here
  }
}

function chosenAsQuery() {
  const query = new URLSearchParams();
  for (const name of [...FILTERS.map((filter) => filter.name), "search", "sort"]) {
    if (chosen[name]) query.set(name, chosen[name]);
  }
  if (chosen.downwards) query.set("downwards", "");
  for (const family of chosen.open) query.append("open", family);
  return query;
}

// Draw anew what was chosen, keep it in the address, and keep the focus where it was.
function choose() {
  const active = document.activeElement;
  const again = ["sort", "open"].find((name) => byId("matrix").contains(active) && active.dataset[name] !== undefined);
  history.replaceState(null, "", addressOf("glance"));
  drawMatrix();
  if (again) {
    const same = [...byId("matrix").querySelectorAll(`[data-${again}]`)].find((one) => one.dataset[again] === active.dataset[again]);
    if (same) focusCell(same);
  }
}

function sortBy(key) {
  if (chosen.sort !== key) [chosen.sort, chosen.downwards] = [key, false];
  else if (!chosen.downwards) chosen.downwards = true;
  else [chosen.sort, chosen.downwards] = ["", false];
  choose();
}

function toggle(family) {
  if (!chosen.open.delete(family)) chosen.open.add(family);
  choose();
}
