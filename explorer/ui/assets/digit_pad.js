// A pad on which a digit is drawn; its ink goes to Python while it is drawn.
//
// At most one drawing is on its way: the next goes out once Python has answered the last (data.moment) or after
// PATIENCE ms. Moments count up on both sides; a later one from Python is a test image to start from.
const PACE = 100;
const PATIENCE = 900;
const DOT = 0.01; // px; of a line without any length nothing is drawn
const instances = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  if (!instances.has(parentElement)) instances.set(parentElement, new DigitPad(parentElement));
  instances.get(parentElement).update(data, setStateValue);
}

class DigitPad {
  constructor(root) {
    Object.assign(this, { moment: -1, sent: null, sentAt: 0, isNew: false, timer: 0, from: null });
    this.canvas = root.querySelector("canvas");
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const type of ["pointerup", "pointercancel"]) this.canvas.addEventListener(type, () => (this.from = null));
    root.querySelector("button").addEventListener("click", () => this.clear());
  }

  update(data, setStateValue) {
    Object.assign(this, { data, send: setStateValue });
    this.canvas.setAttribute("aria-label", data.label);
    if (data.moment >= (this.sent ?? 0)) this.sent = null;
    if (data.moment > this.moment && this.from === null) this.show(data);
    this.flush();
  }

  down(event) {
    if (event.button !== 0) return; // another one opens a menu, and its release may never come
    this.canvas.setPointerCapture(event.pointerId);
    this.from = this.place(event);
    this.line(this.from);
  }

  move(event) {
    if (this.from === null) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length > 0 ? passed : [event]) this.line(this.place(one));
  }

  place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { canvas } = this;
    return [((event.clientX - left) * canvas.width) / width, ((event.clientY - top) * canvas.height) / height];
  }

  line(to) {
    const { pen, from } = this;
    Object.assign(pen, { lineWidth: this.data.brush * this.cell, lineCap: "round", strokeStyle: "#fff" });
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(to[0] + DOT, to[1]);
    pen.stroke();
    this.from = to;
    this.changed();
  }

  clear() {
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.changed();
  }

  changed() {
    this.moment = Math.max(this.moment, this.data.moment) + 1;
    this.isNew = true;
    this.flush();
  }

  flush() {
    clearTimeout(this.timer);
    if (!this.isNew) return;
    const wait = this.sentAt + (this.sent === null ? PACE : PATIENCE) - performance.now();
    if (wait > 0) {
      this.timer = setTimeout(() => this.flush(), wait);
      return;
    }
    Object.assign(this, { sent: this.moment, sentAt: performance.now(), isNew: false });
    this.send("sent", { ink: this.ink(), moment: this.moment });
  }

  get cell() {
    return this.canvas.width / this.data.cells;
  }

  // Mean ink of each cell, from 0 to 255.
  ink() {
    const { cell, canvas, data } = this;
    const pixels = this.pen.getImageData(0, 0, canvas.width, canvas.height).data;
    const sums = new Float64Array(data.cells ** 2);
    for (let pixel = 0; pixel < canvas.width * canvas.height; pixel++) {
      const row = Math.floor(pixel / canvas.width / cell);
      sums[row * data.cells + Math.floor((pixel % canvas.width) / cell)] += pixels[4 * pixel + 3];
    }
    return Array.from(sums, (sum) => Math.round(sum / cell ** 2));
  }

  show({ ink, cells, moment }) {
    const { pen, cell, canvas } = this;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    ink.forEach((one, place) => {
      pen.fillStyle = `rgb(255 255 255 / ${one / 255})`;
      pen.fillRect((place % cells) * cell, Math.floor(place / cells) * cell, cell, cell);
    });
    Object.assign(this, { moment, isNew: false });
  }
}
