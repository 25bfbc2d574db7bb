// How much of each layer is zero. Where a slider moves, the figures beside it tell how many weights are left.
const LONGEST = 26; // letters of a name; long names differ at their end
const drawings = new WeakMap();

export default function ({ data, parentElement }) {
  return once(drawings, parentElement, data, () => new LayerBars(parentElement.querySelector(".layer-bars"), data));
}

class LayerBars {
  constructor(root, data) {
    Object.assign(this, { data, bars: data.layers.map((layer) => new Bar(layer)) });
    root.classList.toggle("columns", data.columns);
    root.style.setProperty("--layers", data.layers.length);
    root.querySelector(".layers").textContent = data.across;
    const list = root.querySelector("ol");
    list.setAttribute("aria-label", data.label);
    list.replaceChildren(...this.bars.map(({ row }) => row));
    this.listener = ({ detail }) => this.told(detail);
    window.addEventListener("explorer-graph-told", this.listener);
    if (data.left) this.fill(data.left);
    if (window.explorerGraphTold) this.told(window.explorerGraphTold);
  }

  leave() {
    window.removeEventListener("explorer-graph-told", this.listener);
  }

  told({ drawing, left }) {
    if (drawing === this.data.name) this.fill(left);
  }

  fill(left) {
    this.bars.forEach((bar, place) => bar.fill(left[place]));
  }
}

class Bar {
  constructor({ name, type, values }) {
    Object.assign(this, { name, type, values });
    this.row = document.createElement("li");
    const [track, short] = [html("span", "track"), name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name];
    [this.bar, this.share] = [html("span", "bar"), html("span", "share")];
    track.append(this.bar);
    this.row.append(html("span", "name", short), track, this.share);
  }

  fill(left) {
    if (left === this.left) return;
    this.left = left;
    const share = `${(100 * (1 - left / this.values)).toFixed(1)}\u00A0%`;
    const [kept, all] = [left, this.values].map((count) => count.toLocaleString("en-US"));
    this.bar.style.setProperty("--share", 1 - left / this.values);
    put(this.share, share);
    this.row.title = `${this.name} (${this.type}): ${share} zeros, ${kept} of ${all} non-zero`;
  }
}
