// "Side by side": chooses two formulations and a network, steps, and lights up what a number is made of. Every number
// comes from the data; nothing is computed here.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent).worked;
  const section = document.getElementById("side-by-side");
  const get = (id) => document.getElementById(`worked-${id}`);
  const { rich } = workedText;
  const state = { network: data.networks[0], step: 0, pinned: null, pointed: null, chosen: {} };
  let drawing;

  function make(tag, attributes = {}, ...content) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...content);
    return element;
  }

  const rowsUpTo = (step) => state.network.steps.slice(0, step + 1).flatMap((one) => one.rows);
  const find = (id) => rowsUpTo(state.network.steps.length).find((row) => row.id === id);
  const active = () => find(state.pointed ?? state.pinned);
  const partsOf = ({ made }) => (made ? [...made.sum.flatMap(([, ids]) => ids), ...(made.times ? [made.times] : [])] : []);

  // Choices.

  function fillChoices() {
    for (const network of data.networks) get("network").append(make("option", { value: network.id }, network.title));
    for (const side of ["one", "other"]) {
      for (const { id, title } of data.formulations) get(side).append(make("option", { value: id }, title));
      get(side).addEventListener("change", () => {
        const other = side === "one" ? "other" : "one";
        if (get(side).value === state.chosen[other]) {
          state.chosen[other] = state.chosen[side]; // the two change places: one beside itself shows nothing
          get(other).value = state.chosen[other];
        }
        state.chosen[side] = get(side).value;
        renderPanels();
      });
    }
    [state.chosen.one, state.chosen.other] = [data.formulations[1].id, data.formulations[0].id];
    get("network").addEventListener("change", () => choose(data.networks[get("network").selectedIndex]));
  }

  function choose(network) {
    Object.assign(state, { network, pointed: null });
    get("note").textContent = network.note;
    for (const [side, spare] of [["one", data.formulations[1].id], ["other", data.formulations[0].id]]) {
      for (const option of get(side).options) option.disabled = "refusal" in network.formulations[option.value];
      if ("refusal" in network.formulations[state.chosen[side]]) state.chosen[side] = spare;
      get(side).value = state.chosen[side];
    }
    get("steps").replaceChildren(
      ...network.steps.map((step, number) => {
        const button = make("button", { type: "button" }, step.name);
        button.addEventListener("click", () => go(number));
        return make("li", {}, button);
      }),
    );
    drawing = new workedDrawing(get("drawing"), network, { point, pin });
    go(0);
  }

  // Steps.

  function go(step) {
    const last = state.network.steps.length - 1;
    const within = Math.min(Math.max(step, 0), last);
    const inTable = get("rows").contains(document.activeElement);
    Object.assign(state, { step: within, pointed: null, pinned: state.network.steps[within].rows[0].id });
    const { name, sentence } = state.network.steps[within];
    get("sentence").textContent = sentence;
    get("caption").textContent = `${name}: the numbers of this step (${within} of ${last})`;
    for (const [id, ends] of [["first", 0], ["previous", 0], ["next", last], ["last", last]]) {
      get(id).setAttribute("aria-disabled", within === ends);
    }
    [...get("steps").children].forEach(({ firstChild }, number) => {
      if (number === within) firstChild.setAttribute("aria-current", "step");
      else firstChild.removeAttribute("aria-current");
      firstChild.classList.toggle("worked-done", number < within);
    });
    get("rows").replaceChildren(...state.network.steps[within].rows.map(tableRow));
    get("numbers").scrollTop = 0;
    if (inTable) get("rows").querySelector("button").focus();
    render();
  }

  function onKey(event) {
    const steps = { ArrowLeft: state.step - 1, ArrowRight: state.step + 1, Home: 0, End: state.network.steps.length };
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!plain || !(event.key in steps) || event.target.closest("select, pre")) return;
    event.preventDefault();
    go(steps[event.key]);
  }

  // One number in the light.

  /** What is given is only marked wherever it stands: what is made of it stays in the light. */
  function point(id) {
    const isGiven = state.step > 0 && id !== null && !find(id).made;
    same(isGiven ? id : null);
    const pointed = isGiven ? null : id;
    if (state.pointed === pointed) return;
    state.pointed = pointed;
    render();
  }

  function pin(id) {
    if (!id || !find(id)) return;
    Object.assign(state, { pinned: id, pointed: null });
    render();
  }

  function same(id) {
    drawing.same(id);
    for (const one of section.querySelectorAll("[data-id]")) one.classList.toggle("worked-same", one.dataset.id === id);
  }

  function render() {
    const row = active();
    const known = new Set(rowsUpTo(state.step).map(({ id }) => id));
    const kind = row.id.split("-")[0];
    const flow = { delta: row.tag === "BP2" ? "start" : "", z: "end" }[kind] ?? "";
    drawing.show(known, { id: row.id, parts: partsOf(row), flow });
    for (const one of get("rows").children) {
      const isActive = one.dataset.id === row.id;
      one.classList.toggle("worked-active", isActive);
      one.querySelector("button").setAttribute("aria-pressed", isActive);
    }
    renderPanels();
  }

  // A line may end before a sign, and nowhere in a product.
  const unbroken = (how) => how.replaceAll(")(", ")\u2060(").replace(/([+−×=]) /g, "$1\u00a0");

  function tableRow(row) {
    const button = make("button", { type: "button" });
    rich(button, row.label);
    button.append(` = ${state.network.numbers[row.id][0]}`);
    const place = make("span", { class: "worked-place" }, row.place);
    const line = make("tr", { "data-id": row.id }, make("th", { scope: "row" }, button, place), make("td", {}, unbroken(row.how)));
    line.addEventListener("pointerenter", () => point(row.id));
    line.addEventListener("pointerleave", () => point(null));
    button.addEventListener("focus", () => pin(row.id));
    button.addEventListener("click", () => pin(row.id));
    return line;
  }

  // The two formulations.

  function renderPanels() {
    for (const side of ["one", "other"]) {
      const formulation = data.formulations.find(({ id }) => id === state.chosen[side]);
      const panel = get(`panel-${side}`);
      panel.replaceChildren(...panelOf(formulation, state.network.formulations[formulation.id], `worked-panel-${side}`));
    }
  }

  function panelOf(formulation, own, id) {
    const row = active();
    const [kind, layer] = row.id.split("-");
    const hidden = Object.keys(own.weights);
    const nearest = hidden[Math.min(Number(layer) || 1, hidden.length) - 1];
    const weights = own.weights[nearest] ?? "There is no hidden layer here, so no δ goes back through weights.";
    const equation = own.equations[`${kind}-${layer}`];
    const font = formulation.code ? "worked-code" : "worked-mathematics";
    return [
      make("h3", { id: `${id}-title` }, formulation.title),
      rich(make("p", { class: "worked-weights" }, make("strong", {}, "Which weights? ")), weights),
      ...(equation && row.made ? [rich(make("p", { class: `worked-equation ${font}` }), equation)] : []),
      madeOf(row, own.names, font),
      lines(formulation, row.tag),
      rich(make("p", { class: "worked-small" }), formulation.note),
    ];
  }

  function chip(id, names, light) {
    const value = make("span", { class: "worked-value" }, state.network.numbers[id][1]);
    const one = make("span", { class: `worked-chip ${light}`, "data-id": id }, rich(make("span"), names[id]), value);
    one.addEventListener("pointerenter", () => same(id));
    one.addEventListener("pointerleave", () => same(null));
    return one;
  }

  function madeOf({ id, made }, names, font) {
    const block = make("div", { class: `worked-made ${font}` }, make("div", {}, chip(id, names, "worked-made-now")));
    if (!made) return block;
    const bracket = made.f || (made.times && made.sum.length > 1) ? ["(", ")"] : ["", ""];
    made.sum.forEach(([sign, factors], number) => {
      const before = number ? sign : `= ${made.f}${bracket[0]}`;
      const line = make("div", {}, make("span", { class: "worked-sign" }, before));
      factors.forEach((one, place) => line.append(place ? " · " : " ", chip(one, names, "worked-lit")));
      if (number === made.sum.length - 1) line.append(` ${bracket[1]}`);
      block.append(line);
    });
    if (made.times) {
      const sign = make("span", { class: "worked-sign" }, "×");
      block.append(make("div", {}, sign, " ", chip(made.times, names, "worked-lit")));
    }
    return block;
  }

  function lines(formulation, tag) {
    const found = formulation.lines[tag] ?? [];
    const file = `implementations/${formulation.id}.py`;
    if (!found.length) return make("p", { class: "worked-small" }, tag ? `No line of ${file} is ${tag}.` : "Given: no line makes it.");
    const block = make("pre", { tabindex: 0, role: "region", "aria-label": `${tag} in ${file}` });
    let before = found[0][0] - 1;
    for (const [number, text, part] of found) {
      if (number > before + 1) block.append(make("span", { class: "worked-gap" }, "⋯\n"));
      const mark = { tagged: "▶", leads: "›" }[part] ?? " ";
      const content = make(part === "tagged" ? "mark" : "span", {}, text);
      block.append(make("span", { class: `worked-line-${part || "around"}` }, `${mark} ${String(number).padStart(2)}  `, content, "\n"));
      before = number;
    }
    return make("div", { class: "worked-source" }, make("p", { class: "worked-file" }, `${file}, ${tag}`), block);
  }

  fillChoices();
  choose(state.network);
  for (const [id, step] of [["first", () => 0], ["previous", () => state.step - 1], ["next", () => state.step + 1], ["last", () => Infinity]]) {
    get(id).addEventListener("click", () => go(step()));
  }
  section.addEventListener("keydown", onKey);
  new ResizeObserver(() => drawing.resize()).observe(get("drawing").parentElement);
  let beforePrint = 0;
  window.addEventListener("beforeprint", () => {
    beforePrint = state.step;
    go(Infinity);
  });
  window.addEventListener("afterprint", () => go(beforePrint));
})();
