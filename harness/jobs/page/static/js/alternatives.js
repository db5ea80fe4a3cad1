// "Build a wrong formula": one alternative in one slot of the equations, what it changes, and which networks notice.
// Every number comes from the data; nothing is computed here.
(() => {
  const data = DATA.alternatives;
  if (!data?.slots.length) return;
  const get = (name) => byId(`alternatives-${name}`);
  const SYMBOLS = { z: "z", a: "a", delta: "δ", gb: "∂C/∂b", gw: "∂C/∂w", new_b: "new b", new_w: "new w" };
  const SCRIPTS = /\^(?:\{([^{}]*)\}|(-?\w+))|(?<=(?<![\p{L}\p{N}_])\p{L})_(?:\{([^{}]*)\}|([a-zA-Z0-9]{1,7})(?![a-zA-Z0-9_]))/gu;
  const right = new Map(data.ids.map((id, place) => [id, data.numbers[place]]));
  const shown = (value) => String(value).replaceAll("-", "−");
  const texts = (numbers) => Object.fromEntries([...numbers].map(([id, value]) => [id, Array(3).fill(shown(value))]));
  const network = { widths: data.widths, numbers: texts(right) };
  const drawing = new workedDrawing(get("drawing"), network, { point: mark, pin: mark });

  /** The text as it is written by hand, with what is in square brackets marked. */
  function noted(target, text) {
    for (const [number, part] of text.split(/[[\]]/).entries()) {
      const place = number % 2 ? target.appendChild(element("mark")) : target;
      let from = 0;
      for (const found of part.matchAll(SCRIPTS)) {
        const script = found[1] ?? found[2] ?? found[3] ?? found[4];
        place.append(part.slice(from, found.index), element(found[0].startsWith("^") ? "sup" : "sub", {}, script));
        from = found.index + found[0].length;
      }
      place.append(part.slice(from));
    }
    return target;
  }

  /** "∂C/∂w of layer 2, neuron 1, from neuron 2" for gw-2-0-1. */
  function nameOf(id) {
    const [kind, l, j, k] = id.split("-");
    const from = k === undefined ? "" : `, from neuron ${Number(k) + 1}`;
    return `${SYMBOLS[kind]} of layer ${l}, neuron ${Number(j) + 1}${from}`;
  }

  function mark(id) {
    drawing.same(id);
    for (const row of get("rows").children) row.classList.toggle("worked-same", row.dataset.id === id);
  }

  function fillSlots() {
    for (const [number, { name, equations, right, alternatives }] of data.slots.entries()) {
      const options = alternatives.map(({ symbol }, place) => element("option", { value: place }, symbol));
      const select = element("select", { "data-slot": number }, element("option", { value: "" }, right ? `right: ${right}` : "right: nothing"), ...options);
      get("slots").append(element("label", {}, `${equations}: ${name} `, select));
    }
    get("slots").addEventListener("submit", (event) => event.preventDefault());
    get("slots").addEventListener("change", ({ target }) => {
      for (const other of get("slots").querySelectorAll("select")) if (other !== target) other.value = "";
      show(target.value === "" ? null : data.slots[target.dataset.slot].alternatives[target.value]);
    });
  }

  /** One alternative; without one, everything is right. */
  function show(one) {
    const wrong = new Map(one ? one.places.map((place, number) => [data.ids[place], one.values[number]]) : []);
    get("formulas").replaceChildren(...(one ? one.formulas.map(formulaOf) : [element("p", {}, "Every equation is right.")]));
    drawing.network = { ...network, numbers: texts(new Map([...right, ...wrong])) };
    const known = data.ids.filter((id) => !id.startsWith("new") || wrong.has(id));
    drawing.show(new Set(known), { id: null, parts: [...wrong.keys()], flow: "" });
    get("caption").textContent = wrong.size
      ? `${plural(wrong.size, "number")} that ${wrong.size === 1 ? "is" : "are"} changed`
      : "No number of this network is changed";
    get("rows").replaceChildren(...[...wrong].map(([id, value]) => rowOf(id, value)));
    get("cases").replaceChildren(...(one ? casesOf(one.marks) : []));
  }

  function formulaOf([equation, where, meaning, rightForm, wrongForm]) {
    const forms = [["right", `✓ right, ${equation}`, rightForm], ["wrong", `✗ wrong${where ? `, ${where}` : ""}`, wrongForm]];
    const figures = forms.map(([kind, caption, form]) =>
      element("figure", { class: kind }, element("figcaption", {}, caption), noted(element("code"), form)),
    );
    const note = meaning ? noted(element("p", { class: "worked-small" }), meaning) : "";
    return element("div", {}, element("div", { class: "lines" }, ...figures), note);
  }

  function rowOf(id, value) {
    const row = element("tr", { "data-id": id }, element("th", { scope: "row" }, nameOf(id)), element("td", {}, shown(right.get(id))), element("td", {}, shown(value)));
    row.addEventListener("pointerenter", () => mark(id));
    row.addEventListener("pointerleave", () => mark(null));
    return row;
  }

  function casesOf(marks) {
    const { cases } = DATA.kills;
    const of = (wanted) => cases.filter((_, number) => marks[number] === wanted);
    const kinds = [["1", "notice"], ["0", "do not notice, because their numbers stay as they are"], [" ", "do not run, because the shapes do not fit"]];
    return kinds.filter(([wanted]) => wanted === "1" || marks.includes(wanted)).map(([wanted, words]) => {
      const ids = of(wanted);
      const list = element("ul", {}, ...ids.map((id) => element("li", {}, id)));
      return element("details", {}, element("summary", {}, `${ids.length} of ${plural(cases.length, "network")} ${words}`), list);
    });
  }

  fillSlots();
  const first = data.slots.findIndex(({ name }) => name === "slope");
  const select = get("slots").querySelectorAll("select")[Math.max(first, 0)];
  select.selectedIndex = 2;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  new ResizeObserver(() => drawing.resize()).observe(get("drawing").parentElement);
})();
