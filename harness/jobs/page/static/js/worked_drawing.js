// The network of "Side by side", drawn in the pixels that there are: from left to right, on a phone from top to bottom.

const workedDrawing = (() => {
  const LINE = 14, NARROW = 520; // in pixels
  // What stands at a neuron, from the top: kinds, the newest of each line first.
  const AT_NEURON = [["z"], ["a"], ["t"], ["new_b", "b"], ["delta"], ["gb"]];
  const AT_WIRE = [["new_w", "w"], ["gw"]];
  const SPOTS = [0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8, 0.15, 0.85]; // along a wire
  const SIGNS = { new_b: "b′", delta: "δ", gb: "∂b", gw: "∂", new_w: "w′", w: "" };

  function make(tag, attributes, parent) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return parent ? parent.appendChild(element) : element;
  }

  function name(widths, l, j) {
    if (l === 0) return ["x", "", j + 1];
    if (l === widths.length - 1) return ["o", "", j + 1];
    return ["h", widths.length > 3 ? l : "", j + 1];
  }

  function title(widths, l, j) {
    const kind = l === 0 ? "input" : l === widths.length - 1 ? "output neuron" : "hidden neuron";
    return `${kind} ${j + 1}${kind === "hidden neuron" && widths.length > 3 ? ` of layer ${l}` : ""}`;
  }

  /** The places of the neurons, [layer][neuron] = {x, y}, where their numbers begin, and the height. */
  function layout(widths, width, radius) {
    const last = widths.length - 1;
    if (width < NARROW) {
      const row = AT_NEURON.length * LINE + 100;
      const sides = widths.map((_, l) => (l === 0 ? "above" : l === last ? "below" : "right"));
      const places = widths.map((count, l) =>
        Array.from({ length: count }, (_, j) => ({
          x: ((j + 0.5) * width) / count - (sides[l] === "right" ? Math.min(40, width / count / 2 - radius - 6) : 0),
          y: 44 + l * row,
          side: sides[l],
        })),
      );
      return { places, height: places[last][0].y + radius + 16 + AT_NEURON.length * LINE };
    }
    const below = 20 + LINE * AT_NEURON.length;
    const wires = Math.max(...widths.slice(1).map((count, l) => count * widths[l]));
    const tallest = Math.max(...widths.slice(1)) * (2 * radius + below);
    const height = Math.max(tallest, widths[0] * 84, Math.min(70 * wires, 480)) + 6;
    const places = widths.map((count, l) =>
      Array.from({ length: count }, (_, j) => ({
        x: 56 + (l * (width - 112)) / last,
        y: (height * (j + 0.5)) / count - Math.min(below / 2 - 4, height / count / 2 - radius - 8),
        side: "below",
      })),
    );
    return { places, height };
  }

  const overlap = (a, b) =>
    Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) *
    Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

  class Drawing {
    /** `point(id)` and `pin(id)` are told which number the pointer is at, and which is chosen. */
    constructor(svg, network, { point, pin }) {
      Object.assign(this, { svg, network, point, pin, known: new Set(), lit: { parts: [] } });
      this.resize();
    }

    resize() {
      const width = Math.max(280, this.svg.parentElement.clientWidth);
      if (width === this.width) return;
      this.width = width;
      this.narrow = width < NARROW;
      [this.radius, this.letter] = this.narrow ? [16, 6.2] : [22, 6.7];
      this.svg.classList.toggle("worked-narrow", this.narrow);
      const focused = document.activeElement?.dataset?.neuron;
      Object.assign(this, layout(this.network.widths, width, this.radius));
      this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
      this.svg.replaceChildren();
      this.arrows();
      this.wires = new Map();
      this.neurons = new Map();
      this.network.widths.forEach((count, l) => {
        for (let j = 0; j < count && l > 0; j++) {
          for (let k = 0; k < this.network.widths[l - 1]; k++) this.wire(l, j, k);
        }
      });
      this.network.widths.forEach((count, l) => {
        for (let j = 0; j < count; j++) this.neuron(l, j);
      });
      this.labels = make("g", { class: "worked-labels" }, this.svg);
      if (focused) this.neurons.get(focused)?.group.focus();
      this.render();
    }

    arrows() {
      const marker = { viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 4, markerHeight: 4 };
      const arrow = make("marker", { ...marker, id: `${this.svg.id}-arrow`, orient: "auto-start-reverse" }, make("defs", {}, this.svg));
      make("path", { d: "M0 0 L10 5 L0 10 z", class: "worked-arrow" }, arrow);
    }

    wire(l, j, k) {
      const from = this.places[l - 1][k], to = this.places[l][j];
      const length = Math.hypot(to.x - from.x, to.y - from.y);
      const ux = ((to.x - from.x) / length) * (this.radius + 4), uy = ((to.y - from.y) / length) * (this.radius + 4);
      const ends = { x1: from.x + ux, y1: from.y + uy, x2: to.x - ux, y2: to.y - uy };
      const group = make("g", { class: "worked-wire", "data-wire": `${l}-${j}-${k}` }, this.svg);
      make("line", { ...ends, class: "worked-line" }, group);
      make("line", { ...ends, class: "worked-reach" }, group);
      this.listen(group, () => this.newest(["new_w", "gw", "w"], `${l}-${j}-${k}`));
      this.wires.set(`${l}-${j}-${k}`, { group, ends });
    }

    neuron(l, j) {
      const { x, y, side } = this.places[l][j];
      const at = `${l}-${j}`;
      const group = make("g", { class: "worked-neuron", "data-neuron": at, tabindex: 0, role: "button" }, this.svg);
      make("circle", { cx: x, cy: y, r: this.radius + 5, class: "worked-ring" }, group);
      make("circle", { cx: x, cy: y, r: this.radius, class: "worked-disc" }, group);
      const [letter, high, low] = name(this.network.widths, l, j);
      const label = make("text", { x, y: y + 5, class: "worked-name" }, group);
      label.textContent = letter;
      for (const [text, dy, dx] of [[high, -7, 0], [low, high ? 12 : 5, high ? "-0.6em" : 0]]) {
        if (text) make("tspan", { dy, dx, class: "worked-script" }, label).textContent = text;
      }
      const numbers = make("g", { class: `worked-values worked-${side}` }, group);
      const choose = () => this.newest(["delta", "a"], at);
      this.listen(group, choose);
      group.addEventListener("focus", () => group.matches(":focus-visible") && this.pin(choose()));
      group.addEventListener("click", () => this.pin(choose()));
      group.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          this.pin(choose());
        }
      });
      this.neurons.set(at, { group, numbers, x, y, side, title: title(this.network.widths, l, j) });
    }

    listen(group, choose) {
      group.addEventListener("pointerenter", () => this.point(choose()));
      group.addEventListener("pointerleave", () => this.point(null));
    }

    /** The id of the first of these kinds that is known at a neuron or a wire. */
    newest(kinds, at) {
      const kind = kinds.find((one) => this.known.has(`${one}-${at}`));
      return kind === undefined ? null : `${kind}-${at}`;
    }

    /** Shows the numbers with these ids, and lights what `lit` says: {id, parts, back}, ids of the number that is
        made and of those that it is made of, and whether they go back through the wires. */
    show(known, lit) {
      Object.assign(this, { known, lit });
      this.render();
    }

    /** Marks one number wherever it stands; none for null. */
    same(id) {
      const [kind, ...place] = (id ?? "").split("-");
      for (const [at, { group }] of [...this.wires, ...this.neurons]) {
        const isWire = ["w", "gw", "new_w"].includes(kind);
        group.classList.toggle("worked-same", at === place.join("-") && isWire === group.matches(".worked-wire"));
      }
    }

    lines(kinds, at) {
      // What is lit stands there even if there is a newer one: a δ is made of the weights before the update.
      const lit = (line) => line.map((kind) => `${kind}-${at}`).find((id) => this.light(id));
      const found = kinds.map((line) => lit(line) ?? this.newest(line, at)).filter(Boolean);
      return found.map((id) => {
        const kind = id.split("-")[0];
        const isOld = kind === "w" && this.known.has(`new_w-${at}`);
        const sign = at.startsWith("0-") && kind === "a" ? "" : isOld ? "w" : SIGNS[kind] ?? kind;
        return { id, kind, text: `${sign} ${this.network.numbers[id][this.narrow ? 2 : 1]}`.trim() };
      });
    }

    light(id) {
      return id === this.lit.id ? "worked-made-now" : this.lit.parts.includes(id) ? "worked-lit" : "";
    }

    render() {
      const places = new Map(); // what is lit at each neuron and wire: the number being made comes first
      for (const id of [...this.lit.parts, this.lit.id].filter(Boolean)) {
        places.set(id.slice(id.indexOf("-") + 1), id === this.lit.id ? "worked-made-now" : "worked-lit");
      }
      const taken = [];
      for (const [at, one] of this.neurons) taken.push(...this.renderNeuron(at, one, places.get(at) ?? ""));
      this.labels.replaceChildren();
      for (const [at, one] of this.wires) this.renderWire(at, one, places.get(at) ?? "", taken);
    }

    renderNeuron(at, { group, numbers, x, y, side, title }, light) {
      group.setAttribute("class", `worked-neuron ${light}`);
      const lines = this.lines(at.startsWith("0-") ? [["a"]] : AT_NEURON, at);
      group.setAttribute("aria-label", `${title}: ${lines.map((line) => line.text).join(", ") || "no number yet"}`);
      numbers.replaceChildren();
      const left = side === "right" ? x + this.radius + 7 : x;
      const middle = y - ((lines.length - 1) * LINE) / 2 + 4;
      const top = { right: middle, above: y - this.radius - 9, below: y + this.radius + LINE + 5 }[side];
      lines.forEach((line, number) => {
        const text = make("text", { x: left, y: top + number * LINE, class: this.light(line.id) }, numbers);
        text.textContent = this.light(line.id) === "worked-made-now" ? `◆ ${line.text}` : line.text;
      });
      const wide = Math.max(0, ...lines.map((line) => line.text.length)) * this.letter;
      const circle = { x: x - this.radius, y: y - this.radius, w: 2 * this.radius, h: 2 * this.radius };
      return [circle, { x: side === "right" ? left : x - wide / 2, y: top - LINE, w: wide, h: lines.length * LINE + 2 }];
    }

    renderWire(at, { group, ends }, light, taken) {
      group.setAttribute("class", `worked-wire ${light}`);
      const line = group.firstChild;
      for (const end of ["marker-start", "marker-end"]) line.removeAttribute(end);
      if (light && this.lit.flow) line.setAttribute(`marker-${this.lit.flow}`, `url(#${this.svg.id}-arrow)`);
      const lines = this.lines(AT_WIRE, at);
      const crowded = this.narrow && this.wires.size > 4;
      if (!lines.length || (crowded && !light)) return;
      const w = Math.max(...lines.map(({ text }) => text.length)) * this.letter + (light ? 16 : 10), h = lines.length * LINE + 4;
      const candidates = SPOTS.map((t) => ({
        x: ends.x1 + t * (ends.x2 - ends.x1) - w / 2, y: ends.y1 + t * (ends.y2 - ends.y1) - h / 2, w, h,
      }));
      const cost = (box) => taken.reduce((sum, other) => sum + overlap(box, other), 0);
      const box = candidates.reduce((best, one) => (cost(one) < cost(best) ? one : best));
      taken.push(box);
      const label = make("g", { class: `worked-label ${light}` }, this.labels);
      make("rect", { x: box.x, y: box.y, width: w, height: h, rx: 5 }, label);
      lines.forEach(({ id, text }, number) => {
        const place = { x: box.x + w / 2, y: box.y + LINE * (number + 1) - 1, class: this.light(id), "data-number": id };
        make("text", place, label).textContent = text;
      });
    }
  }

  return Drawing;
})();
