// What is said of many rows at once: the worst verdict and the fewest digits.
const NOT_JUDGED = "not judged";
const RANKS = [...DATA.verdicts.slice(0, -1), NOT_JUDGED, "unsupported"]; // from worst to best
const LEGEND = ["agrees", "agrees up to a convention", "inaccurate", "cannot tell", "wrong", "failed", NOT_JUDGED, "unsupported"];
const SYMBOLS = {
  failed: "!",
  wrong: "✗",
  inaccurate: "~",
  "cannot tell": "?",
  "agrees up to a convention": "≃",
  agrees: "✓",
  [NOT_JUDGED]: "·",
  unsupported: "–",
};
const MEANINGS = {
  failed: "it raised, crashed, ran out of time or broke the contract",
  wrong: "some number is farther from the truth than rounding can explain, at every precision",
  inaccurate: "the formula is right, but its arithmetic loses digits",
  "cannot tell": "a weighted input lies within rounding of a kink of relu",
  "agrees up to a convention": "the same, but for a convention such as the mean for the sum",
  agrees: "every number lies within its own rounding bound of the truth",
  [NOT_JUDGED]: "weights after many steps, given in digits only",
  unsupported: "the formulation does not cover this, and says so",
};

// The rows of one implementation on one case, unpacked.
function rowsOf(implementation, number) {
  return DATA.cells[DATA.results[implementation][number]].map(([quantity, layer, entries, digits, ...places]) => {
    const [verdict, error_ratio, entry, detail] = [0, 1, 2, 3].map((at) => DATA.texts[places[at] ?? 0]);
    return { quantity: DATA.texts[quantity], layer, entries, digits, verdict: verdict || NOT_JUDGED, error_ratio, entry, detail };
  });
}

function rankOf(verdict) {
  const rank = RANKS.indexOf(verdict);
  return rank < 0 ? 0 : rank; // a verdict that nobody knows is looked at first
}

const UNMEASURED = 99; // in place of digits

// Of each cell { rank, digits, ran }; digits are null where nothing was measured, or those of a number are not told.
const SUMMARIES = DATA.cells.map((rows) => {
  const measured = rows.filter(([, , entries]) => entries !== null);
  const digits = Math.min(UNMEASURED, ...measured.map(([, , , of]) => of ?? -1));
  return {
    rank: Math.min(RANKS.length - 1, ...rows.map(([, , , , verdict = 0]) => rankOf(DATA.texts[verdict] || NOT_JUDGED))),
    digits: told(digits),
    least: digits,
    ran: measured.length ? 1 : 0,
  };
});

function told(digits) {
  return digits < 0 || digits === UNMEASURED ? null : digits;
}

function summaryOfCell(implementation, number) {
  return SUMMARIES[DATA.results[implementation][number]];
}

// The same of many cases; float32 has fewer digits by nature, so that a family is of one precision.
function summary(implementation, numbers) {
  const all = { rank: RANKS.length - 1, least: UNMEASURED, ran: 0 };
  for (const number of numbers) {
    const one = summaryOfCell(implementation, number);
    all.rank = Math.min(all.rank, one.rank);
    all.ran += one.ran;
    all.least = Math.min(all.least, one.least);
  }
  return { ...all, digits: told(all.least) };
}

function badge(verdict) {
  const known = RANKS.includes(verdict) ? verdict : "failed";
  return element("span", { class: `verdict ${known.replaceAll(" ", "-")}` }, `${SYMBOLS[known]} ${verdict}`);
}
