// The network's drawing with what a plan leaves of it: laid out once, each box filled as far as it keeps its channels.
const LETTER = 12; // px of a name at zoom 1
const READABLE = 9.5; // px on screen, at the least
const FAR = 0.62; // zoom below which a box has room for its name alone
const FARTHER = 0.36; // and below which not even for that
const COUNTS = 6; // letters of channels left and before, such as 44/64
const SLIM = 0.53; // of a letter's height is its width, about
const views = new WeakMap();

export default function ({ data, parentElement }) {
  const old = views.get(parentElement);
  if (old?.data.svg === data.svg) return;
  old?.leave();
  const view = new WidthsLeft(parentElement.querySelector(".drawn"), data);
  views.set(parentElement, view);
  return () => {
    view.leave();
    views.delete(parentElement);
  };
}

class WidthsLeft {
  constructor(drawn, data) {
    Object.assign(this, { drawn, data });
    drawn.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
    drawn.innerHTML = data.svg; // made and escaped by the explorer's own renderer
    this.boxes = [...drawn.querySelectorAll("[data-box]")];
    this.names = this.boxes.map((box) => box.querySelector(".name")?.textContent);
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
    const zoom = Math.min(width / this.data.width, height / this.data.height);
    this.drawn.classList.toggle("far", zoom < FAR);
    this.drawn.classList.toggle("farther", zoom < FARTHER);
    const letter = Math.max(LETTER, READABLE / zoom);
    this.drawn.style.setProperty("--letter", `${letter}px`);
    const counts = zoom < FAR ? 0 : COUNTS; // letters that stand on the right
    if (letter > LETTER) this.names.forEach((name, box) => name && this.shorten(box, name, letter, counts));
  }

  // The end of a name says most.
  shorten(box, name, letter, counts) {
    const { y, width, height } = this.boxes[box].querySelector(".shape").getBBox();
    const room = Math.floor((width - 14) / (SLIM * letter)) - counts;
    const words = this.boxes[box].querySelector(".name");
    words.textContent = name.length > room ? `…${name.slice(1 - room)}` : name;
    words.setAttribute("y", y + height / 2 + 0.35 * letter);
  }

  // `widths` has [box, channels left, channels before, whether its group was left whole] of each box that is counted.
  show({ drawing, widths }) {
    if (drawing !== this.data.name) return;
    for (const [number, left, before, uncut] of widths) {
      const box = this.boxes[number];
      const [shape, tint, words] = [".shape", ".tint", ".widths"].map((part) => box.querySelector(part));
      tint.setAttribute("width", (shape.width.baseVal.value * left) / before);
      words.textContent = left === before ? before : `${left}/${before}`;
      box.classList.add("counted");
      box.classList.toggle("uncut", uncut);
      this.title(box).textContent = `${this.data.names[number]}: ${left} of ${before} channels left`;
    }
  }

  title(box) {
    const found = box.querySelector("title") ?? document.createElementNS(this.drawn.namespaceURI, "title");
    if (!found.parentNode) box.prepend(found);
    return found;
  }
}
