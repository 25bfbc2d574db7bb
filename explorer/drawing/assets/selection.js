// Which boxes, rows and lines belong to the selected group: classes only, so it takes one frame.
class Selection {
  constructor(data, find, root) {
    Object.assign(this, { data, find, root, group: null, touched: [] });
    this.boxOf = [];
    data.boxes.forEach((box, number) => box[6].forEach((node) => (this.boxOf[node] = number)));
  }

  get boxes() {
    const [, outputs, inputs] = this.data.groups[this.group] ?? ["", [], []];
    return [...new Set([...outputs, ...inputs].map((node) => this.boxOf[node]))];
  }

  holds(node) {
    const [, outputs, inputs] = this.data.groups[this.group] ?? ["", [], []];
    return outputs.includes(node) || inputs.includes(node);
  }

  // Groups of a node, first those whose channels it makes; of a box, those of all its nodes.
  groupsOf(nodes) {
    const ids = [...new Set(nodes.flatMap((node) => this.data.nodes[node][4]))].map(String);
    return ids
      .filter((id) => this.data.groups[id])
      .map((id) => ({ id: Number(id), title: this.data.groups[id][0], role: this.role(id, nodes) }))
      .toSorted((a, b) => (a.role === "in") - (b.role === "in"));
  }

  role(id, nodes) {
    const [, outputs, inputs] = this.data.groups[id];
    const makes = nodes.some((node) => outputs.includes(node));
    const reads = nodes.some((node) => inputs.includes(node));
    return makes && reads ? "out and in" : makes ? "out" : "in";
  }

  show(group) {
    for (const [element, name] of this.touched) element.classList.remove(name);
    this.touched = [];
    this.group = group !== null && this.data.groups[group] ? group : null;
    this.root.classList.toggle("picked", this.group !== null);
    if (this.group === null) return;
    const [, outputs, inputs, lines] = this.data.groups[this.group];
    outputs.forEach((node) => this.mark(node, "out"));
    inputs.forEach((node) => this.mark(node, "in"));
    lines.forEach((line) => this.add(this.find("line", line), "lit"));
  }

  mark(node, name) {
    this.add(this.find("box", this.boxOf[node]), name);
    this.add(this.find("row", node), name);
  }

  add(element, name) {
    if (!element || element.classList.contains(name)) return;
    element.classList.add(name);
    this.touched.push([element, name]);
  }
}
