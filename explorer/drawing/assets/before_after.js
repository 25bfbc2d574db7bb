// The network before and after pruning, side by side: one camera moves both.
const LARGEST_FIT = 1.15;
const views = new WeakMap();

export default function ({ data, parentElement }) {
  return once(views, parentElement, data, () => new BeforeAfter(parentElement.querySelector(".before-after"), data));
}

class BeforeAfter {
  constructor(frame, data) {
    Object.assign(this, { frame, data, touched: false, gestures: [], stop: new AbortController() });
    this.stages = [...frame.querySelectorAll(".stage")];
    this.layers = this.stages.map((stage) => stage.querySelector(".camera"));
    this.drawings = this.layers.map((layer) => new Widths(layer, data.svg));
    this.drawings.forEach((drawing, side) => this.tell(drawing, side));
    this.camera = new Camera(this.stages[0], this.layers[0], () => ({ w: data.width, h: data.height }), () => this.moved());
    this.stages.forEach((stage) => this.listen(stage));
    this.on(frame, "click", ({ target }) => this.command(target.closest("button")?.dataset.do));
    this.sized = new ResizeObserver(() => this.resized());
    this.sized.observe(this.stages[0]);
  }

  on(target, type, handler, options) {
    target.addEventListener(type, handler, { signal: this.stop.signal, ...options });
  }

  leave() {
    this.stop.abort();
    this.sized.disconnect();
  }

  tell(drawing, side) {
    this.stages[side].style.aspectRatio = `${this.data.width} / ${this.data.height}`;
    const [caption, widths] = this.data.sides[side];
    drawing.fill(widths);
    this.frame.querySelectorAll("figcaption")[side].textContent = caption;
    this.stages[side].setAttribute("aria-label", `${caption}: each box is filled as far as it keeps its channels`);
  }

  // A drawing of the pair, as gestures take it.
  listen(stage) {
    const { frame, camera } = this;
    const side = { frame, stage, camera };
    Object.defineProperty(side, "touched", {
      get: () => this.touched,
      set: (touched) => {
        this.touched = touched;
      },
    });
    this.gestures.push(new Gestures(side, (...heard) => this.on(...heard)));
    this.on(stage, "pointerover", ({ target }) => this.point(target.closest("[data-box]")));
    this.on(stage, "pointerleave", () => this.point(null));
  }

  // The same box in both.
  point(element) {
    const number = element?.dataset.box;
    for (const { boxes } of this.drawings) boxes.forEach((box) => box.classList.toggle("near", box.dataset.box === number));
  }

  command(name) {
    if (name === "fit") this.fit(true);
    if (name === "in" || name === "out") {
      this.touched = true;
      this.camera.zoomBy(name === "in" ? 1.3 : 1 / 1.3);
    }
  }

  fit(glide) {
    this.touched = false;
    this.camera.show({ x: 0, y: 0, w: this.data.width, h: this.data.height }, LARGEST_FIT, glide);
  }

  resized() {
    if (this.camera.size.width && !this.touched) this.fit(false);
  }

  moved() {
    this.layers[1].setAttribute("transform", this.layers[0].getAttribute("transform"));
    this.drawings.forEach((drawing) => drawing.scale(this.camera.zoom));
  }
}
