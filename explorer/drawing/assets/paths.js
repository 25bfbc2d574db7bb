// What flows into and out of a box, and the shape of it: shown while it is pointed at.
class Paths {
  constructor(view) {
    Object.assign(this, { view, data: view.data, near: [], labels: [] });
    this.layer = make("g", { class: "graph" });
    view.selection.root.append(this.layer);
    this.lines = this.data.boxes.map(() => []);
    this.data.lines.forEach(([source, target], line) => [source, target].forEach((box) => this.lines[box].push(line)));
  }

  show(box) {
    this.mark(this.view.find("box", box));
    for (const line of this.lines[box]) {
      const [source, target] = this.data.lines[line];
      this.mark(this.view.find("line", line));
      this.mark(this.view.find("box", source === box ? target : source));
      this.mark(this.label(source));
    }
  }

  mark(element) {
    element?.classList.add("near");
    this.near.push(element);
  }

  clear() {
    this.near.forEach((element) => element?.classList.remove("near"));
    this.near = [];
  }

  toggleShapes() {
    const shown = this.view.stage.classList.toggle("shapes");
    this.view.frame.querySelector('[data-do="shapes"]').ariaPressed = String(shown);
    if (shown) this.data.boxes.forEach((_, box) => this.lines[box].length > 0 && this.label(box));
  }

  // Below a box, beside the lines that leave it; made when it is first needed.
  label(box) {
    if (this.labels[box]) return this.labels[box];
    const [last] = this.data.boxes[box][6].slice(-1);
    const shape = this.data.nodes[last][3].find(([what]) => what === "output");
    if (!shape) return null;
    this.labels[box] = make("text", { class: "carried" }, shape[1]);
    this.layer.append(this.labels[box]);
    this.place();
    return this.labels[box];
  }

  place() {
    this.labels.forEach((label, box) => {
      const { x, y, w, h } = this.view.expansion.rect(box);
      setAll(label, { x: x + w / 2 + 5, y: y + h + 10 });
    });
  }
}
