// The drawing: joins camera, expansion and selection to what a person does.
const TIP_DELAY = 300; // ms
const SVG = "http://www.w3.org/2000/svg";
const views = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const old = views.get(parentElement);
  if (old?.data.svg === data.svg) {
    old.tell = setTriggerValue;
    return;
  }
  old?.leave();
  const view = new GraphView(parentElement, data, setTriggerValue);
  views.set(parentElement, view);
  return () => {
    view.leave();
    views.delete(parentElement);
  };
}

class GraphView {
  constructor(parent, data, tell) {
    Object.assign(this, { data, tell, found: [], foundAt: -1, moment: 0, active: 0 });
    this.frame = parent.querySelector(".frame");
    this.parts = Object.fromEntries(
      ["stage", "camera", "chooser", "tip-card", "legend", "minimap", "view"].map((name) => [name, this.frame.querySelector(`.${name}`)]),
    );
    this.parts.camera.innerHTML = data.svg; // made and escaped by the explorer's own renderer
    this.index();
    this.expansion = new Expansion(data, this.find);
    this.selection = new Selection(data, this.find, this.parts.camera.firstElementChild);
    this.camera = new Camera(this.parts.stage, this.parts.camera, () => this.moved());
    this.buildBoxes();
    this.buildLegend();
    this.buildMinimap();
    this.listen();
    this.fit(false);
    const waiting = window.explorerGraphSelection;
    if (waiting) this.confirmed(waiting);
  }

  index() {
    this.elements = { box: [], band: [], line: [], row: [] };
    for (const kind of ["box", "band", "line"]) {
      for (const element of this.parts.camera.querySelectorAll(`[data-${kind}]`)) this.elements[kind][element.dataset[kind]] = element;
    }
    this.find = (kind, number) => this.elements[kind][number];
  }

  // ---- building ----

  buildBoxes() {
    this.data.boxes.forEach(([, , , , , , nodes], box) => {
      const element = this.find("box", box);
      element.setAttribute("tabindex", box === 0 ? "0" : "-1");
      element.setAttribute("role", "button");
      element.setAttribute("aria-label", this.spoken(nodes));
      if (this.expansion.canExpand(box)) this.addHandle(box, element);
    });
  }

  spoken(nodes) {
    const [name, , type, facts] = this.data.nodes[nodes[0]];
    const groups = this.selection.groupsOf(nodes).map((group) => group.title);
    return [`${name}, ${type}`, ...facts.map(([what, value]) => `${what} ${value}`), ...groups].join("; ");
  }

  addHandle(box, element) {
    const [x, y, w, h] = this.data.boxes[box];
    const handle = make("g", { class: "handle", transform: `translate(${x + w} ${y + h})` });
    handle.append(make("circle", { r: 6 }), make("path", { d: "M-3 0H3" }), make("path", { class: "more", d: "M0 -3V3" }));
    element.append(handle);
  }

  addRows(box) {
    const [x, y, w, h, , , nodes] = this.data.boxes[box];
    const element = this.find("box", box);
    nodes.forEach((node, i) => {
      const [, label, type] = this.data.nodes[node];
      const top = y + h + i * ROW;
      const row = make("g", { class: "row", "data-row": node });
      row.append(make("rect", { x: x + 5, y: top, width: w - 10, height: ROW - 3, rx: 4 }));
      row.append(make("text", { class: "name", x: x + 11, y: top + 13 }, label === type ? label : clip(label, 11)));
      if (label !== type) row.append(make("text", { class: "widths", x: x + w - 11, y: top + 13 }, clip(type, 13)));
      element.append(row);
      this.elements.row[node] = row;
    });
  }

  buildLegend() {
    const legend = this.parts.legend;
    legend.replaceChildren();
    const key = document.createElement("div");
    key.className = "key";
    key.innerHTML =
      '<span class="k-out"></span>loses output channels <span class="k-in"></span>loses input channels <span class="k-skip"></span>identity shortcut';
    legend.append(key);
    const wide = document.createElement("div");
    wide.className = "wide";
    if (this.data.legend.length) wide.append(span("caption", "Widest couplings"));
    for (const [group, colour] of this.data.legend) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `chip c${colour}`;
      button.dataset.group = group;
      button.textContent = this.data.groups[group][0].split(" · ")[0];
      button.title = button.ariaLabel = this.data.groups[group][0];
      wide.append(button);
    }
    legend.append(wide);
  }

  buildMinimap() {
    const map = this.parts.minimap;
    map.replaceChildren();
    this.miniBoxes = this.data.boxes.map((_, box) => make("rect", { class: this.find("box", box).getAttribute("class").replace("box", "mini"), rx: 4 }));
    this.window = make("rect", { class: "window" });
    map.append(...this.miniBoxes, this.window);
    this.placeMinimap();
  }

  placeMinimap() {
    this.parts.minimap.setAttribute("viewBox", `0 0 ${this.data.width} ${this.expansion.height}`);
    this.miniBoxes.forEach((mini, box) => {
      const { x, y, w, h } = this.expansion.rect(box);
      setAll(mini, { x, y, width: w, height: h });
    });
  }

  // ---- acting ----

  pick(group) {
    this.moment = Date.now();
    this.light(group);
    this.tell("picked", { group, moment: this.moment });
  }

  confirmed({ group, moment }) {
    if (moment >= this.moment && group !== this.selection.group) this.light(group);
  }

  light(group) {
    this.selection.show(group);
    this.miniBoxes.forEach((mini, box) => {
      mini.classList.toggle("on", this.find("box", box).matches(".out, .in") && group !== null);
    });
    this.parts.minimap.classList.toggle("picked", this.selection.group !== null);
    for (const button of this.frame.querySelectorAll('[data-do="group"], [data-do="clear"]')) button.disabled = this.selection.group === null;
    for (const chip of this.parts.legend.querySelectorAll(".chip")) chip.ariaPressed = String(Number(chip.dataset.group) === group);
  }

  fit(glide = true) {
    this.camera.show({ x: 0, y: 0, w: this.data.width, h: this.expansion.height }, 1.15, glide);
  }

  zoomToGroup() {
    const rects = this.selection.boxes.map((box) => this.expansion.rect(box));
    if (!rects.length) return;
    const x = Math.min(...rects.map((r) => r.x)) - 30;
    const y = Math.min(...rects.map((r) => r.y)) - 30;
    const w = Math.max(...rects.map((r) => r.x + r.w)) + 30 - x;
    const h = Math.max(...rects.map((r) => r.y + r.h)) + 30 - y;
    this.camera.show({ x, y, w, h }, 1.4);
  }

  boxNamed(name) {
    return this.selection.boxOf[this.data.nodes.findIndex((node) => node[0] === name)];
  }

  showNode(name) {
    const box = this.boxNamed(name);
    if (box !== undefined) this.camera.centre(this.expansion.rect(box), 0.9);
  }

  pointAt(name) {
    this.frame.querySelector(".pointed")?.classList.remove("pointed");
    if (name !== null) this.find("box", this.boxNamed(name))?.classList.add("pointed");
  }

  press(box, row) {
    const nodes = row === undefined ? this.data.boxes[box][6] : [row];
    const groups = this.selection.groupsOf(nodes);
    this.closeChooser();
    this.noTip();
    if (!groups.length) return this.pick(null);
    const chosen = groups.find((group) => group.id === this.selection.group) ?? groups[0];
    this.pick(chosen.id);
    if (groups.length > 1) this.openChooser(box, groups);
  }

  expand(box) {
    if (!this.expansion.canExpand(box)) return;
    if (!this.find("box", box).querySelector(".row")) this.addRows(box);
    this.expansion.toggle(box);
    this.placeMinimap();
    this.moved();
    this.selection.show(this.selection.group);
  }

  openChooser(box, groups) {
    const chooser = this.parts.chooser;
    chooser.replaceChildren(span("caption", "Belongs to several groups"));
    for (const group of groups) {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("role", "menuitemradio");
      button.ariaChecked = String(group.id === this.selection.group);
      button.dataset.group = group.id;
      button.append(span(`role ${group.role === "in" ? "in" : "out"}`, ""), span("", `${group.title}`), span("how", `as ${group.role}put`.replace("out and input", "both")));
      chooser.append(button);
    }
    chooser.hidden = false;
    this.placeBeside(chooser, box);
  }

  closeChooser() {
    this.parts.chooser.hidden = true;
  }

  placeBeside(card, box) {
    const around = this.parts.view.getBoundingClientRect();
    const at = this.find("box", box).getBoundingClientRect();
    const right = at.right - around.left + 10;
    const fits = right + card.offsetWidth < around.width - 6;
    card.style.left = `${Math.max(6, fits ? right : at.left - around.left - card.offsetWidth - 10)}px`;
    card.style.top = `${Math.max(6, Math.min(at.top - around.top - 4, around.height - card.offsetHeight - 6))}px`;
  }

  search(query) {
    for (const box of this.found) this.find("box", box).classList.remove("found");
    const wanted = query.trim().toLowerCase();
    this.found = wanted ? this.data.boxes.flatMap(([, , , , , , nodes], box) => (nodes.some((node) => this.matches(node, wanted)) ? [box] : [])) : [];
    for (const box of this.found) this.find("box", box).classList.add("found");
    this.foundAt = -1;
    this.frame.querySelector("output").textContent = wanted ? (this.found.length ? `${this.found.length} found` : "none") : "";
    if (this.found.length) this.nextFound(1);
  }

  matches(node, wanted) {
    const [name, , type] = this.data.nodes[node];
    return name.toLowerCase().includes(wanted) || type.toLowerCase() === wanted;
  }

  nextFound(step) {
    if (!this.found.length) return;
    this.foundAt = (this.foundAt + step + this.found.length) % this.found.length;
    this.frame.querySelector("output").textContent = `${this.foundAt + 1} of ${this.found.length}`;
    this.camera.centre(this.expansion.rect(this.found[this.foundAt]), 0.9);
  }

  tip(box, row) {
    const card = this.parts["tip-card"];
    card.hidden = box === null || !this.parts.chooser.hidden;
    if (card.hidden) return;
    const nodes = row === undefined ? this.data.boxes[box][6] : [row];
    const [name, , type, facts] = this.data.nodes[nodes[0]];
    card.replaceChildren(span("tip-name", name), span("tip-type", type));
    const list = document.createElement("dl");
    for (const [what, value] of facts) list.append(element("dt", what), element("dd", value));
    card.append(list);
    const rest = nodes.slice(1).map((node) => this.data.nodes[node][2]);
    if (rest.length) card.append(span("tip-rest", `then ${rest.join(", ")}`));
    const groups = this.selection.groupsOf(nodes);
    for (const group of groups.slice(0, 4)) card.append(span(`tip-group ${group.role === "in" ? "in" : "out"}`, group.title));
    if (groups.length > 4) card.append(span("tip-rest", `and ${groups.length - 4} more groups`));
    this.placeBeside(card, box);
  }

  moved() {
    const { width, height } = this.camera.size;
    const { x, y, zoom } = this.camera;
    setAll(this.window, { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom });
    this.frame.classList.toggle("far", zoom < 0.62);
    this.closeChooser();
    this.noTip();
  }

  // ---- listening ----

  listen() {
    const stop = (this.stop = new AbortController());
    const on = (target, type, handler, options) => target.addEventListener(type, handler, { signal: stop.signal, ...options });
    on(window, "explorer-graph-selection", (event) => this.confirmed(event.detail));
    on(window, "explorer-graph-show", (event) => this.showNode(event.detail));
    on(window, "explorer-graph-point", (event) => this.pointAt(event.detail));
    on(this.frame, "click", (event) => this.clicked(event));
    on(this.parts.stage, "dblclick", (event) => this.withBox(event, (box) => this.expand(box)));
    on(this.parts.stage, "wheel", (event) => this.wheeled(event), { passive: false });
    on(this.parts.stage, "pointerdown", (event) => this.dragStart(event));
    on(this.parts.stage, "pointermove", (event) => this.dragMove(event));
    on(this.parts.stage, "pointerup", () => (this.drag = null));
    on(this.parts.stage, "pointerover", (event) => this.hover(event));
    on(this.parts.stage, "pointerleave", () => this.noTip());
    on(this.parts.stage, "focusin", (event) => this.focused(event));
    on(this.parts.minimap, "pointerdown", (event) => this.mapTo(event));
    on(this.parts.minimap, "pointermove", (event) => event.buttons && this.mapTo(event));
    on(this.frame, "keydown", (event) => this.key(event));
    on(this.frame.querySelector("input"), "input", (event) => this.search(event.target.value));
    this.resizes = new ResizeObserver(() => this.resized());
    this.resizes.observe(this.parts.view);
  }

  leave() {
    this.stop.abort();
    this.resizes.disconnect();
  }

  resized() {
    if (this.camera.size.width && !this.touched) this.fit(false);
    else this.moved();
  }

  withBox(event, act) {
    const element = event.target.closest?.("[data-box]");
    if (!element) return false;
    const row = event.target.closest("[data-row]")?.dataset.row;
    act(Number(element.dataset.box), row === undefined ? undefined : Number(row));
    return true;
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (button?.dataset.group) {
      this.pick(Number(button.dataset.group) === this.selection.group && button.classList.contains("chip") ? null : Number(button.dataset.group));
      return this.closeChooser();
    }
    if (button) return this.command(button.dataset.do);
    if (!event.target.closest(".stage") || this.dragged) return;
    if (event.target.closest(".handle")) return this.withBox(event, (box) => this.expand(box));
    if (event.detail > 1) return; // the second click of a double click
    if (!this.withBox(event, (box, row) => this.press(box, row))) {
      this.closeChooser();
      if (this.selection.group !== null) this.pick(null);
    }
  }

  command(name) {
    this.touched = true;
    if (name === "in") this.camera.zoomBy(1.3);
    if (name === "out") this.camera.zoomBy(1 / 1.3);
    if (name === "fit") this.fit();
    if (name === "group") this.zoomToGroup();
    if (name === "clear") this.pick(null);
  }

  wheeled(event) {
    event.preventDefault();
    this.touched = true;
    const { left, top } = this.parts.stage.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.camera.zoomAt(event.clientX - left, event.clientY - top, Math.exp(-event.deltaY * lines * 0.0016));
  }

  dragStart(event) {
    if (event.button !== 0) return;
    this.drag = { x: event.clientX, y: event.clientY };
    this.dragged = false;
  }

  dragMove(event) {
    if (!this.drag || !event.buttons) return;
    const [dx, dy] = [event.clientX - this.drag.x, event.clientY - this.drag.y];
    if (!this.dragged && Math.hypot(dx, dy) < 4) return;
    if (!this.dragged) this.parts.stage.setPointerCapture(event.pointerId);
    this.dragged = this.touched = true;
    this.drag = { x: event.clientX, y: event.clientY };
    this.camera.pan(dx, dy);
  }

  noTip() {
    clearTimeout(this.tipTimer);
    this.tip(null);
  }

  hover(event) {
    this.noTip();
    if (this.drag) return;
    this.withBox(event, (box, row) => (this.tipTimer = setTimeout(() => this.tip(box, row), TIP_DELAY)));
  }

  focused(event) {
    this.withBox(event, (box) => {
      this.find("box", this.active).setAttribute("tabindex", "-1");
      this.active = box;
      this.find("box", box).setAttribute("tabindex", "0");
      if (event.target.matches(":focus-visible")) this.tip(box);
    });
  }

  mapTo(event) {
    this.touched = true;
    const map = this.parts.minimap;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    const { width, height } = this.camera.size;
    const { zoom } = this.camera;
    this.camera.set(width / 2 - at.x * zoom, height / 2 - at.y * zoom, zoom);
  }

  key(event) {
    if (event.target.matches("input")) {
      if (event.key === "Enter") this.nextFound(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") this.search((event.target.value = ""));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = event.target.closest("[data-box]");
    const commands = { "+": "in", "=": "in", "-": "out", 0: "fit", g: "group", Escape: "clear" };
    if (commands[event.key]) this.command(commands[event.key]);
    else if (box && (event.key === "Enter" || event.key === " ")) this.press(Number(box.dataset.box));
    else if (box && event.key === "x") this.expand(Number(box.dataset.box));
    else if (box && event.key.startsWith("Arrow")) this.step(Number(box.dataset.box), event.key);
    else return;
    event.preventDefault();
  }

  // Arrow keys: up and down along the data flow, left and right to the nearest box of the next column.
  step(box, key) {
    let next = box + (key === "ArrowDown" ? 1 : -1);
    if (key === "ArrowLeft" || key === "ArrowRight") next = this.sideways(box, key === "ArrowRight" ? 1 : -1);
    const element = this.find("box", next);
    if (!element) return;
    this.keepInSight(next);
    element.focus({ preventScroll: true });
  }

  sideways(box, direction) {
    const here = this.expansion.rect(box);
    let best = -1;
    let distance = Infinity;
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
    const { x, y, zoom } = this.camera;
    const { width, height } = this.camera.size;
    const [left, top] = [rect.x * zoom + x, rect.y * zoom + y];
    if (left < 0 || top < 0 || left + rect.w * zoom > width || top + rect.h * zoom > height) this.camera.centre(rect, 0);
  }
}

function make(name, attributes, content = "") {
  const made = document.createElementNS(SVG, name);
  setAll(made, attributes);
  made.textContent = content;
  return made;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

function element(name, content) {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}

function span(name, content) {
  const made = element("span", content);
  made.className = name;
  return made;
}

function clip(words, length) {
  return words.length > length ? `${words.slice(0, length - 1)}…` : words;
}
