// What a plan leaves of the network, while the slider moves.
const views = new WeakMap();

export default function ({ data, parentElement }) {
  return once(views, parentElement, data, () => new WidthsLeft(parentElement.querySelector(".drawn"), data));
}

class WidthsLeft {
  constructor(drawn, data) {
    Object.assign(this, { drawn, data, widths: new Widths(drawn, data.svg) });
    drawn.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
    this.listener = ({ detail }) => this.show(detail);
    window.addEventListener("explorer-graph-told", this.listener);
    this.sized = new ResizeObserver(() => this.size());
    this.sized.observe(drawn);
    if (window.explorerGraphTold) this.show(window.explorerGraphTold);
  }

  leave() {
    window.removeEventListener("explorer-graph-told", this.listener);
    this.sized.disconnect();
  }

  size() {
    const { width, height } = this.drawn.getBoundingClientRect();
    this.widths.scale(Math.min(width / this.data.width, height / this.data.height));
  }

  show({ drawing, left }) {
    if (drawing === this.data.name) this.widths.fill(left);
  }
}
