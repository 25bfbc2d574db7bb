// Modules and equal blocks that are drawn as one: what opens and closes them, and how many of them a group is in.
class Folds {
  static SIZE = 14; // px of a handle

  constructor(view) {
    Object.assign(this, { view, data: view.data, anchor: null });
    if (this.data.folds) this.data.bands.forEach((_, band) => this.dressBand(band));
  }

  // ---- handles ----

  dressBand(number) {
    const [, , , , , scope, copies, unrolled] = this.data.bands[number];
    const element = this.view.find("title", number);
    if (!scope || !element) return;
    const boxes = this.inside(number);
    if (boxes.length > 1 && !boxes.some((box) => this.data.boxes[box][8])) element.append(this.handle(number, 1, "toggled", scope, "Close this module", "M-3 0H3"));
    if (copies > 1) element.append(this.handle(number, 2, "unrolled", scope, `Show these ${copies} equal blocks one by one`, "M-3 -3H3M-3 0H3M-3 3H3"));
    if (unrolled > 1) element.append(this.handle(number, 2, "unrolled", scope, `Draw these ${unrolled} equal blocks as one`, "M-3 -2H3M-3 2H3"));
  }

  handle(number, place, what, scope, title, path) {
    const [x, y, w] = this.data.bands[number];
    const made = make("g", { class: "fold", "data-fold": what, "data-scope": scope, role: "button", tabindex: -1, "aria-label": title });
    setAll(made, { transform: `translate(${x + w - 4 - place * (Folds.SIZE + 3)} ${y + 2})` });
    const half = Folds.SIZE / 2;
    made.append(make("rect", { width: Folds.SIZE, height: Folds.SIZE, rx: 4 }), make("path", { d: path, transform: `translate(${half} ${half})` }), make("title", {}, title));
    return made;
  }

  // A closed module shows that it can be opened, and one that stands for several has room for how many are lit.
  dress(box) {
    const [x, y, w, h, , , , copies, closed] = this.data.boxes[box];
    const element = this.view.find("box", box);
    if (copies > 1) element.append(this.share(box));
    if (!closed) return;
    const handle = make("g", { class: "handle", transform: `translate(${x + w} ${y + h})` });
    handle.append(make("circle", { r: 6 }), make("path", { d: "M-3 0H3M0 -3V3" }));
    element.append(handle);
  }

  // In place of the widths; beside a circle.
  share(box) {
    const [x, y, w, h, , circle] = this.data.boxes[box];
    const place = circle ? { x: x + w + 6, "text-anchor": "start" } : { x: x + w - 9, "text-anchor": "end" };
    return make("text", { class: "share", y: y + h / 2 + 4, ...place });
  }

  spoken(box) {
    const [, , , , , , nodes, copies, closed] = this.data.boxes[box];
    if (closed) return `${closed}, closed module of ${nodes.length / copies} operations${copies > 1 ? `, ${copies} equal ones` : ""}; x opens it`;
  }

  inside(band) {
    const [x, y, w, h, column] = this.data.bands[band];
    return this.data.boxes.flatMap(([left, top, , , own], box) => (own === column && top >= y && top < y + h && left < x + w ? [box] : []));
  }

  // ---- opening and closing ----

  pressed(handle) {
    this.ask(handle.dataset.fold, handle.dataset.scope);
  }

  // By key: what is around a box.
  around(box, what) {
    const band = this.data.bands.findIndex((_, number) => this.inside(number).includes(box));
    const handle = band >= 0 && this.view.find("title", band)?.querySelector(`[data-fold="${what}"]`);
    if (handle) this.pressed(handle);
  }

  ask(what, scope) {
    this.anchor = { scope, at: this.at(scope), touched: this.view.touched, zoom: this.view.camera.zoom, focus: this.view.frame.matches(":focus-within") };
    this.view.words.say("fold", { what, scope });
  }

  // Box or band of a module, as a rectangle of the drawing.
  found(scope) {
    const box = this.data.boxes.findIndex((one) => one[8] === scope);
    if (box >= 0) return [box, this.view.expansion.rect(box)];
    const band = this.data.bands.findIndex((one) => one[5] === scope);
    const [x, y, w, h] = this.data.bands[band] ?? [0, 0, this.data.width, this.data.height];
    return [band >= 0 ? this.inside(band)[0] : 0, { x, y, w, h }];
  }

  at(scope) {
    const [, { x, y }] = this.found(scope);
    const { camera } = this.view;
    return [x * camera.zoom + camera.x, y * camera.zoom + camera.y];
  }

  // After a click on a handle: what it stood on stays where it was.
  goOn(before) {
    if (!before?.anchor) return;
    const { scope, at, touched, zoom, focus } = before.anchor;
    const [box, { x, y }] = this.found(scope);
    if (touched) this.view.camera.set(at[0] - x * zoom, at[1] - y * zoom, zoom);
    this.view.touched = touched;
    if (!focus) return;
    this.view.focused(box, false);
    this.view.focusActive();
  }

  // ---- how many of several are lit ----

  count() {
    this.data.boxes.forEach(([, , , , , , nodes, copies], box) => {
      if (copies < 2) return;
      const each = nodes.length / copies;
      const lit = new Set(nodes.flatMap((node, i) => (this.view.selection.holds(node) ? [Math.floor(i / each)] : [])));
      const element = this.view.find("box", box);
      element.querySelector(".share").textContent = lit.size > 0 ? `${lit.size} of ${copies}` : "";
      element.classList.toggle("shared", lit.size > 0);
    });
  }
}
