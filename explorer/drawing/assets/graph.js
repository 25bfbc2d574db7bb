// The drawing: joins camera, expansion, selection, cards and minimap to what a person does.
const LARGEST_FIT = 1.15;
const views = new WeakMap();

export default function mount({ data, parentElement, setTriggerValue }) {
  const old = views.get(parentElement);
  if (old?.data.svg === data.svg) {
    old.words.tell = setTriggerValue;
    return;
  }
  old?.input.leave();
  const view = new GraphView(parentElement.querySelector(".frame"), data, setTriggerValue);
  view.folds.goOn(old?.folds);
  views.set(parentElement, view);
  return () => {
    view.input.leave();
    views.delete(parentElement);
  };
}

class GraphView {
  constructor(frame, data, tell) {
    Object.assign(this, { frame, data, words: new Words(tell), moment: 0, active: 0, touched: false });
    const part = (name) => frame.querySelector(`.${name}`);
    this.stage = part("stage");
    const layer = part("camera");
    layer.innerHTML = data.svg; // made and escaped by the explorer's own renderer
    this.index(layer);
    this.expansion = new Expansion(data, this.find);
    this.selection = new Selection(data, this.find, layer.firstElementChild);
    this.minimap = new Minimap(part("minimap"), data, this.expansion, this.find);
    this.heat = new Heat(data, this.find, this.minimap, frame);
    this.fills = new Fills(data, this.find, frame);
    this.cards = new Cards(part("view"), part("tip-card"), this);
    this.camera = new Camera(this.stage, layer, () => ({ w: data.width, h: this.expansion.height }), () => this.moved());
    this.folds = new Folds(this);
    this.paths = new Paths(this);
    data.boxes.forEach((_, box) => this.dress(box));
    this.letters = new Letters(this);
    this.legend = new Legend(this);
    this.legend.build();
    this.finder = new Finder(this);
    this.input = new Input(this);
    this.fit(false);
    this.light(null);
    if (window.explorerGraphTold) this.told(window.explorerGraphTold);
  }

  index(layer) {
    const elements = { box: [], band: [], title: [], line: [], row: [] };
    for (const kind of ["box", "band", "title", "line"]) {
      for (const element of layer.querySelectorAll(`[data-${kind}]`)) elements[kind][element.dataset[kind]] = element;
    }
    this.elements = elements;
    this.find = (kind, number) => elements[kind][number];
  }

  nodesOf(box, row) {
    return row === undefined ? this.data.boxes[box][6] : [row];
  }

  // Of equal blocks that are drawn as one, those of the first.
  firstNodes(box, row) {
    const nodes = this.nodesOf(box, row);
    return row === undefined ? nodes.slice(0, nodes.length / this.data.boxes[box][7]) : nodes;
  }

  // ---- building ----

  dress(box) {
    const element = this.find("box", box);
    setAll(element, { tabindex: box === 0 ? 0 : -1, role: "button", "data-drawn": [...element.querySelectorAll(":scope > text")].map((line) => line.textContent).join(" ").trim() });
    this.name(box);
    this.folds.dress(box);
    if (!this.expansion.canExpand(box)) return;
    const [x, y, w, h] = this.data.boxes[box];
    const handle = make("g", { class: "handle", transform: `translate(${x + w} ${y + h})` });
    handle.append(make("circle", { r: 6 }), make("path", { d: "M-3 0H3" }), make("path", { class: "more", d: "M0 -3V3" }));
    element.append(handle);
  }

  name(box) {
    const element = this.find("box", box);
    element.setAttribute("aria-label", `${this.folds.spoken(box) ?? this.spoken(this.firstNodes(box), box)}; drawn as ${element.dataset.drawn}`);
  }

  spoken(nodes, box) {
    const [name, , type, facts] = this.data.nodes[nodes[0]];
    const groups = this.selection.groupsOf(nodes).map((group) => group.title);
    const figure = this.fills.of(box) ?? this.heat.of(nodes, box)?.[2] ?? [];
    const whole = reasonsOf(this.data, nodes).map((why) => `${KEEPS}: ${why}`);
    return [`${name}, ${type}`, ...facts.map(([what, value]) => `${what} ${value}`), ...whole, ...groups, figure].flat().join("; ");
  }

  addRows(box) {
    const [x, y, w, h] = this.data.boxes[box];
    this.firstNodes(box).forEach((node, i) => {
      const [, label, type] = this.data.nodes[node];
      const top = y + h + i * ROW;
      const row = make("g", { class: "row", "data-row": node });
      row.append(make("rect", { x: x + 5, y: top, width: w - 10, height: ROW - 3, rx: 4 }));
      row.append(make("text", { class: "name", x: x + 11, y: top + 13 }, clip(label, 11)));
      if (label !== type) row.append(make("text", { class: "widths", x: x + w - 11, y: top + 13 }, clip(type, 13)));
      this.find("box", box).append(row);
      this.elements.row[node] = row;
      this.heat.paintRow(node);
    });
  }

  // ---- selecting ----

  press(box, row) {
    const groups = this.selection.groupsOf(this.nodesOf(box, row));
    this.cards.hide();
    if (groups.length === 0) return this.pick(null);
    const chosen = groups.find((group) => group.id === this.selection.group) ?? groups[0];
    this.pick(chosen.id, this.nodesOf(box, row));
  }

  pressBackground() {
    this.cards.hide();
    if (this.selection.group !== null) this.pick(null);
  }

  // A chip of the group that is lit puts it out again.
  chose(group, isChip) {
    this.cards.hide();
    this.pick(isChip && group === this.selection.group ? null : group);
  }

  // `nodes`: of the box that was clicked; the page offers its other groups.
  pick(group, nodes = []) {
    this.light(group);
    this.moment = this.words.say("picked", { group, nodes });
  }

  // Python's word to another drawing may still lie about; its answer to an older click is stale.
  told({ drawing, of, group, moment, heat, left }) {
    if (drawing !== this.data.name || of !== this.data.of) return;
    if (moment >= this.moment && group !== this.selection.group) {
      this.words.forget("picked");
      this.light(group);
    }
    const isNew = [this.heat.show(heat), this.fills.show(left)];
    if (!isNew.includes(true)) return;
    this.legend.build();
    this.light(this.selection.group); // its chip is a new one
    this.data.boxes.forEach((_, box) => this.name(box));
    this.letters.scale(this.camera.zoom); // what stands beside the names is another
  }

  light(group) {
    this.selection.show(group);
    const lit = this.selection.group !== null;
    this.minimap.light(lit ? this.selection.boxes : []);
    this.folds.count();
    this.frame.classList.toggle("lit", lit);
    this.frame.querySelector(".said").textContent = lit ? `Lit: ${this.data.groups[group][0]}` : "";
    for (const button of this.frame.querySelectorAll('[data-do="group"], [data-do="clear"]')) button.disabled = !lit;
    for (const chip of this.frame.querySelectorAll(".chip")) chip.ariaPressed = String(Number(chip.dataset.group) === group);
  }

  expand(box) {
    if (this.data.boxes[box][8]) return this.folds.ask("toggled", this.data.boxes[box][8]);
    if (!this.expansion.canExpand(box)) return;
    if (!this.find("box", box).querySelector(".row")) this.addRows(box);
    this.expansion.toggle(box);
    this.minimap.place();
    this.paths.place();
    this.moved();
    this.selection.show(this.selection.group);
  }

  // ---- looking ----

  command(name) {
    this.touched = true;
    if (name === "in") this.camera.zoomBy(1.3);
    if (name === "out") this.camera.zoomBy(1 / 1.3);
    if (name === "fit") this.fit();
    if (name === "group") this.zoomToGroup();
    if (name === "keys") this.toggleKeys();
    if (name === "shapes") this.paths.toggleShapes();
    if (name === "full") this.toggleFull();
    if (name === "clear") this.clear();
  }

  // Puts out what is lit; the button that does so is disabled by it and would lose the focus.
  clear() {
    const keys = this.frame.querySelector(".keys");
    if (!keys.hidden) return this.toggleKeys();
    this.pressBackground();
    const focused = this.frame.getRootNode().activeElement;
    if (!focused || focused.disabled) this.focusActive();
  }

  toggleKeys() {
    const keys = this.frame.querySelector(".keys");
    keys.hidden = !keys.hidden;
    this.frame.querySelector('[data-do="keys"]').ariaExpanded = String(!keys.hidden);
  }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.frame.requestFullscreen();
    this.touched = false; // it fits itself into the new size
  }

  focusActive() {
    this.find("box", this.active).focus({ preventScroll: true });
  }

  fit(glide = true) {
    this.camera.show({ x: 0, y: 0, w: this.data.width, h: this.expansion.height }, LARGEST_FIT, glide);
  }

  zoomToGroup() {
    const rects = this.selection.boxes.map((box) => this.expansion.rect(box));
    if (rects.length === 0) return;
    const x = Math.min(...rects.map((r) => r.x)) - 30;
    const y = Math.min(...rects.map((r) => r.y)) - 30;
    const w = Math.max(...rects.map((r) => r.x + r.w)) + 30 - x;
    const h = Math.max(...rects.map((r) => r.y + r.h)) + 30 - y;
    this.camera.show({ x, y, w, h }, 1.4);
  }

  centreOn(point) {
    this.touched = true;
    const { size, zoom } = this.camera;
    this.camera.set(size.width / 2 - point.x * zoom, size.height / 2 - point.y * zoom, zoom);
  }

  resized() {
    if (this.camera.size.width && !this.touched) this.fit(false);
    else this.moved();
  }

  moved() {
    this.minimap.follow(this.camera);
    this.letters.scale(this.camera.zoom);
    this.cards.hide();
  }

  // ---- finding ----

  goTo(box) {
    this.touched = true;
    this.camera.centre(this.expansion.rect(box), 0.9);
  }

  // ---- moving the focus ----

  focused(box, byKey) {
    this.find("box", this.active).setAttribute("tabindex", "-1");
    this.active = box;
    this.find("box", box).setAttribute("tabindex", "0");
    if (byKey) this.cards.describe(box, this.firstNodes(box));
  }

  // Up and down along the data flow, left and right to the nearest box beside it.
  step(box, key) {
    const next = { ArrowUp: () => box - 1, ArrowDown: () => box + 1, ArrowLeft: () => this.beside(box, -1), ArrowRight: () => this.beside(box, 1) }[key]();
    const element = this.find("box", next);
    if (!element) return;
    this.keepInSight(next);
    element.focus({ preventScroll: true });
  }

  beside(box, direction) {
    const here = this.expansion.rect(box);
    let [best, distance] = [-1, Infinity];
    this.data.boxes.forEach((_, other) => {
      const there = this.expansion.rect(other);
      const dx = (there.x + there.w / 2 - here.x - here.w / 2) * direction;
      const away = dx + 2 * Math.abs(there.y - here.y);
      if (dx > 20 && away < distance) [best, distance] = [other, away];
    });
    return best;
  }

  keepInSight(box) {
    const rect = this.expansion.rect(box);
    const { x, y, zoom, size } = this.camera;
    const [left, top] = [rect.x * zoom + x, rect.y * zoom + y];
    const inside = left >= 0 && top >= 0 && left + rect.w * zoom <= size.width && top + rect.h * zoom <= size.height;
    if (!inside) this.camera.centre(rect, 0);
  }
}
