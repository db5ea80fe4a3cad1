// What happens on its own: first the table, then what the address names, then what is farther down.
function follow() {
  const { place, cell, query } = address();
  byId("notice").textContent = "";
  if (query) chosenFromQuery(query);
  else if (chosenAsQuery().size) history.replaceState(null, "", addressOf(cell ? placeOfCell(cell.of, cell.implementation) : encodeURIComponent(place)));
  if (cell) openFamilyOf(cell.of);
  if (!byId("matrix").firstChild || drawnFor !== chosenAsQuery().toString()) drawMatrix();
  if (cell && openCell(cell)) return;
  if (dialog.open) dialog.close();
  const target = place && !cell ? byId(place) : null;
  if (target) {
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (drawnFor) target.scrollIntoView(); // the browser looks for an id with the query in it
  } else if (place) {
    byId("notice").scrollIntoView({ block: "center" });
    byId("notice").textContent = cell
      ? `This report has nothing on “${cell.of}” by “${cell.implementation}”. It may be of another selection; below is all that it has.`
      : `This page has no part that is called “${place}”. Below is all that it has.`;
  }
}

byId("filters").addEventListener("input", ({ target }) => {
  chosen[target.name] = target.value;
  choose();
});
byId("filters").addEventListener("reset", () => {
  chosenFromQuery(new URLSearchParams());
  choose();
});
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("matrix").addEventListener("keydown", moveInMatrix);
byId("matrix").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { sort, open, of, implementation } = button.dataset;
  if (sort !== undefined) sortBy(sort);
  else if (open !== undefined) toggle(open);
  else {
    focusCell(button);
    location.hash = addressOf(placeOfCell(of, implementation));
  }
});
addEventListener("hashchange", follow);
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const fold of unfolded) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of unfolded) fold.open = false;
});
makeFilters();
follow();
performance.mark("drawn");
setTimeout(drawKills);
