// Finds layers by name or type, marks the boxes that hold them, and goes from one to the next.
class Finder {
  constructor(view) {
    Object.assign(this, { view, found: [], at: -1 });
    this.output = view.frame.querySelector("output");
  }

  search(query) {
    this.mark("found", () => false);
    const wanted = query.trim().toLowerCase();
    const boxes = this.view.data.boxes.map((_, box) => box);
    this.found = wanted ? boxes.filter((box) => this.view.nodesOf(box).some((node) => this.matches(node, wanted))) : [];
    this.mark("found", () => true);
    this.at = -1;
    this.output.textContent = wanted ? "none" : "";
    this.next(1);
  }

  matches(node, wanted) {
    const [name, , type] = this.view.data.nodes[node];
    return name.toLowerCase().includes(wanted) || type.toLowerCase() === wanted;
  }

  next(step) {
    this.mark("current", () => false);
    if (this.found.length === 0) return;
    this.at = (this.at + step + this.found.length) % this.found.length;
    this.mark("current", (at) => at === this.at);
    this.output.textContent = `${this.at + 1} of ${this.found.length}`;
    this.view.goTo(this.found[this.at]);
  }

  mark(name, holds) {
    this.found.forEach((box, at) => this.view.find("box", box).classList.toggle(name, holds(at)));
  }

  // ---- by a layer's full name, as the list of a group's members asks ----

  boxNamed(name) {
    return this.view.selection.boxOf[this.view.data.nodes.findIndex((node) => node[0] === name)];
  }

  show(name) {
    const box = this.boxNamed(name);
    if (box !== undefined) this.view.goTo(box);
  }

  pointAt(name) {
    this.view.stage.querySelector(".pointed")?.classList.remove("pointed");
    if (name !== null) this.view.find("box", this.boxNamed(name))?.classList.add("pointed");
  }
}
