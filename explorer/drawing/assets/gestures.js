// Dragging, pinching and the wheel → pan and zoom. The page scrolls over a drawing that nobody has clicked yet.
const DRAG = 4; // px that a pointer may move and still be a click

class Gestures {
  constructor(view, on) {
    Object.assign(this, { view, pointers: new Map(), dragged: false, held: false });
    const { stage, frame } = view;
    on(stage, "wheel", (event) => this.wheel(event), { passive: false });
    on(stage, "pointerdown", (event) => this.down(event));
    on(stage, "pointermove", (event) => this.move(event));
    for (const type of ["pointerup", "pointercancel"]) on(stage, type, (event) => this.pointers.delete(event.pointerId));
    on(stage, "pointerleave", (event) => event.pointerType === "mouse" && this.hold(false));
    on(window, "pointerdown", (event) => event.composedPath().includes(frame) || this.hold(false));
  }

  get isDragging() {
    return this.pointers.size > 0;
  }

  // Whether the drawing, and not the page, moves by wheel and finger.
  hold(held) {
    this.held = held;
    this.view.stage.classList.toggle("held", held);
  }

  wheel(event) {
    if (!this.held && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.zoom(event.clientX, event.clientY, Math.exp(-pixels * 0.0016));
  }

  zoom(x, y, factor) {
    const { left, top } = this.view.stage.getBoundingClientRect();
    this.view.touched = true;
    this.view.camera.zoomAt(x - left, y - top, factor);
  }

  down(event) {
    if (event.button !== 0) return;
    if (event.isPrimary) this.pointers.clear(); // the end of an earlier one may have been out of the window
    if (this.pointers.size === 0) this.dragged = false;
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (event.pointerType === "mouse") this.hold(true);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before || !event.buttons) return;
    const [dx, dy] = [event.clientX - before[0], event.clientY - before[1]];
    if (!this.dragged && Math.hypot(dx, dy) < DRAG) return;
    if (!this.dragged) this.view.stage.setPointerCapture(event.pointerId);
    this.dragged = this.view.touched = true;
    if (this.pointers.size > 1) this.pinch(event, before);
    else this.view.camera.pan(dx, dy);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  // Two fingers: what was between them stays between them.
  pinch(event, before) {
    const [, other] = [...this.pointers].find(([id]) => id !== event.pointerId);
    const now = [event.clientX, event.clientY];
    const [was, is] = [before, now].map(([x, y]) => Math.hypot(x - other[0], y - other[1]));
    this.view.camera.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    if (was > 0) this.zoom((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, is / was);
  }
}
