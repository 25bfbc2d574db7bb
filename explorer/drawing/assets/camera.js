// Pan and zoom: one transform on the drawing's outermost group.
class Camera {
  static LARGEST = 3;
  static KEPT = 60; // px of the drawing that stay in sight

  // `drawn` returns the drawing's own width and height.
  constructor(stage, layer, drawn, onMove) {
    Object.assign(this, { stage, layer, drawn, onMove, x: 0, y: 0, zoom: 1, moving: 0 });
  }

  // A drawing fills at least a good half of what there is room for.
  get smallest() {
    const { width, height } = this.size;
    const { w, h } = this.drawn();
    return Math.min(1, 0.6 * Math.min(width / w, height / h) || 1);
  }

  within(zoom) {
    return Math.min(Camera.LARGEST, Math.max(this.smallest, zoom));
  }

  // The nearest place at which some of `length` is in sight of `room`.
  static held(place, length, room) {
    const kept = Math.min(Camera.KEPT, length, room);
    return Math.min(room - kept, Math.max(kept - length, place));
  }

  get size() {
    const { width, height } = this.stage.getBoundingClientRect();
    return { width, height };
  }

  set(x, y, zoom) {
    const { width, height } = this.size;
    const { w, h } = this.drawn();
    this.zoom = this.within(zoom);
    this.x = Camera.held(x, w * this.zoom, width);
    this.y = Camera.held(y, h * this.zoom, height);
    this.layer.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.zoom})`);
    this.onMove(this);
  }

  pan(dx, dy) {
    cancelAnimationFrame(this.moving);
    this.set(this.x + dx, this.y + dy, this.zoom);
  }

  zoomAt(px, py, factor) {
    cancelAnimationFrame(this.moving);
    const zoom = this.within(this.zoom * factor);
    const grown = zoom / this.zoom;
    this.set(px - (px - this.x) * grown, py - (py - this.y) * grown, zoom);
  }

  zoomBy(factor) {
    const { width, height } = this.size;
    this.zoomAt(width / 2, height / 2, factor);
  }

  // Show a rectangle of the drawing, never larger than `largest`.
  show(rect, largest, glide = true) {
    const { width, height } = this.size;
    const margin = 14;
    const zoom = Math.min(largest, (width - 2 * margin) / rect.w, (height - 2 * margin) / rect.h);
    const x = width / 2 - (rect.x + rect.w / 2) * zoom;
    const y = height / 2 - (rect.y + rect.h / 2) * zoom;
    if (glide) this.glide(x, y, zoom);
    else this.set(x, y, zoom);
  }

  centre(rect, atLeast) {
    const { width, height } = this.size;
    const zoom = Math.max(this.zoom, atLeast);
    this.glide(width / 2 - (rect.x + rect.w / 2) * zoom, height / 2 - (rect.y + rect.h / 2) * zoom, zoom);
  }

  glide(x, y, zoom) {
    cancelAnimationFrame(this.moving);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.set(x, y, zoom);
    const from = { x: this.x, y: this.y, zoom: this.zoom };
    const start = performance.now();
    const step = (now) => {
      const t = Math.min(1, (now - start) / 220);
      const s = 1 - (1 - t) ** 3;
      this.set(from.x + (x - from.x) * s, from.y + (y - from.y) * s, from.zoom + (zoom - from.zoom) * s);
      if (t < 1) this.moving = requestAnimationFrame(step);
    };
    this.moving = requestAnimationFrame(step);
  }
}
