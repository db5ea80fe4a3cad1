// The kill matrix of the mistakes.
const MARKS = { "●": ["seen", "seen"], "·": ["hidden", "hidden"], " ": ["does not run", "idle"] };

function drawKills() {
  const { mistakes, cases, marks } = DATA.kills;
  if (!mistakes.length) return;
  const heads = mistakes.map((name, number) =>
    element(
      "th",
      { scope: "col" },
      element("a", { href: `#${name}`, title: name.replaceAll("_", " ") }, String(number + 1), spoken(` ${name.replaceAll("_", " ")}`)),
    ),
  );
  const rows = cases.map((id, row) => {
    const cells = [...marks[row]].map((mark) => {
      const [word, kind] = MARKS[mark] ?? [mark, ""];
      return element("td", { class: kind }, element("span", { "aria-hidden": "true" }, mark), spoken(word));
    });
    return element("tr", {}, element("th", { scope: "row" }, id), ...cells);
  });
  const table = element(
    "table",
    { class: "kills" },
    element("caption", { class: "spoken" }, "Which network sees which mistake"),
    element("thead", {}, element("tr", {}, element("td", {}), ...heads)),
    element("tbody", {}, ...rows),
  );
  byId("kills").setAttribute("tabindex", "0");
  byId("kills").setAttribute("role", "group");
  byId("kills").setAttribute("aria-label", "The kill matrix");
  byId("kills").replaceChildren(table);
}
