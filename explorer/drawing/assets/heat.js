// Colours laid over the boxes, one for the group whose channels a box makes. The drawing itself stays as it is.
class Heat {
  constructor(data, find, minimap, frame) {
    Object.assign(this, { data, find, minimap, frame, values: null, written: "null" });
  }

  // Whether anything changed.
  show(values) {
    const written = JSON.stringify(values ?? null);
    if (written === this.written) return false;
    Object.assign(this, { values: values ?? null, written });
    this.frame.classList.toggle("heated", this.values !== null);
    this.data.boxes.forEach((box, number) => {
      const figure = this.of(box[6], number);
      this.paint(this.find("box", number), figure);
      this.paint(this.minimap.boxes[number], figure);
      box[6].forEach((node) => this.paintRow(node));
    });
    return true;
  }

  paintRow(node) {
    const row = this.find("row", node);
    if (row) this.paint(row, this.of([node]));
  }

  // [colour, colour of text, words] of a box that has its own, else of the one group that these nodes make;
  // none where there are several.
  of(nodes, box) {
    const own = box !== undefined && this.values?.boxes?.[box];
    const [, , , , , , all, copies] = this.data.boxes[box] ?? [];
    if (own && nodes.length * copies >= all.length) return this.values.groups[own];
    const groups = new Set(nodes.map((node) => this.values?.nodes[node]).filter((group) => group !== undefined));
    return groups.size === 1 ? this.values.groups[[...groups][0]] : undefined;
  }

  paint(element, figure) {
    element.classList.toggle("hot", Boolean(figure?.[0]));
    const [colour, ink] = figure ?? ["", ""];
    element.style.setProperty("--heat", colour);
    element.style.setProperty("--heat-ink", ink);
  }

  legend() {
    const { title, stops, ticks } = this.values;
    const scale = html("span", "scale");
    scale.style.background = `linear-gradient(to right, ${stops.map(([at, colour]) => `${colour} ${100 * at}%`)})`;
    const marks = html("span", "ticks");
    stops.forEach(([at], i) => {
      const mark = html("span", "", ticks[i]);
      mark.style.left = `${100 * at}%`;
      marks.append(mark);
    });
    const bar = html("span", "scaled");
    bar.append(scale, marks);
    return [html("span", "caption", title), bar];
  }
}
