// Boxes that are expanded in place: all that stands below in the same column moves down.
const ROW = 21;
const RADIUS = 5;
const TIP = 5;

class Expansion {
  constructor(data, find) {
    this.data = data;
    this.find = find; // (kind, number) → element
    this.open = new Map(); // box number → extra height
  }

  canExpand(box) {
    const [, , , , , circle, , , closed] = this.data.boxes[box];
    return !circle && !closed && this.count(box) > 1;
  }

  // Rows that a box opens into.
  count(box) {
    return this.data.boxes[box][6].length / this.data.boxes[box][7];
  }

  toggle(box) {
    if (!this.canExpand(box)) return;
    if (this.open.has(box)) this.open.delete(box);
    else this.open.set(box, this.count(box) * ROW + 4);
    this.place();
  }

  // How far a point of a column moves down.
  shift(y, column) {
    let moved = 0;
    for (const [box, extra] of this.open) {
      const [, top, , h, own] = this.data.boxes[box];
      if (own === column && y >= top + h - 0.5) moved += extra;
    }
    return moved;
  }

  rect(box) {
    const [x, y, w, h, column] = this.data.boxes[box];
    return { x, y: y + this.shift(y, column), w, h: h + (this.open.get(box) ?? 0) };
  }

  get height() {
    const columns = new Map();
    for (const [box, extra] of this.open) {
      const column = this.data.boxes[box][4];
      columns.set(column, (columns.get(column) ?? 0) + extra);
    }
    return this.data.height + Math.max(0, ...columns.values());
  }

  place() {
    this.data.boxes.forEach((_, box) => this.placeBox(box));
    this.data.bands.forEach((_, band) => this.placeBand(band));
    this.data.lines.forEach((_, line) => this.placeLine(line));
  }

  placeBox(box) {
    const [, y, , h, column] = this.data.boxes[box];
    const element = this.find("box", box);
    element.setAttribute("transform", `translate(0 ${this.shift(y, column)})`);
    element.classList.toggle("expanded", this.open.has(box));
    for (const rect of element.querySelectorAll(":scope > .shape, :scope > .tint, :scope > .behind")) {
      rect.setAttribute("height", h + (this.open.get(box) ?? 0));
    }
  }

  placeBand(band) {
    const [, y, , h, column] = this.data.bands[band];
    const element = this.find("band", band);
    const moved = this.shift(y, column);
    for (const one of [element, this.find("title", band)]) one?.setAttribute("transform", `translate(0 ${moved})`);
    element.querySelector("rect").setAttribute("height", h + this.shift(y + h, column) - moved);
  }

  placeLine(line) {
    const [source, target, points] = this.data.lines[line];
    const from = this.rect(source);
    const [, top, , h] = this.data.boxes[target];
    const down = this.rect(target).y - top;
    const moved = points.map(([x, y, column], i) => {
      if (i === 0) return [x, from.y + from.h];
      if (i >= points.length - 2 && y >= top && y <= top + h) return [x, y + down];
      return [x, y + this.shift(y, column)];
    });
    const element = this.find("line", line);
    element.querySelector(".run").setAttribute("d", runPath(moved));
    element.querySelector(".tip").setAttribute("d", tipPath(moved));
  }
}

function towards([x, y], [ox, oy]) {
  const length = Math.abs(ox - x) + Math.abs(oy - y) || 1;
  const step = Math.min(RADIUS, length / 2) / length;
  return [x + (ox - x) * step, y + (oy - y) * step];
}

function runPath(points) {
  const corners = points.filter((p, i) => !i || p[0] !== points[i - 1][0] || p[1] !== points[i - 1][1]);
  const middle = corners.slice(1, -1).map((p, i) => `L${towards(p, corners[i])}Q${p} ${towards(p, corners[i + 2])}`);
  return `M${corners[0]}${middle.join("")}L${corners.at(-1)}`;
}

function tipPath(points) {
  const [[x0, y0], [x, y]] = points.slice(-2);
  const length = Math.abs(x - x0) + Math.abs(y - y0) || 1;
  const [dx, dy] = [((x - x0) / length) * TIP, ((y - y0) / length) * TIP];
  return `M${x} ${y}L${x - dx - dy * 0.6} ${y - dy - dx * 0.6}L${x - dx + dy * 0.6} ${y - dy + dx * 0.6}Z`;
}
