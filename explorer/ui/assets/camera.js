// Pan and zoom: one transform on the drawing's outermost group.
class Camera {
  static SMALLEST = 0.05;
  static LARGEST = 3;

  constructor(stage, layer, onMove) {
    Object.assign(this, { stage, layer, onMove, x: 0, y: 0, zoom: 1, moving: 0 });
  }

  get size() {
    const { width, height } = this.stage.getBoundingClientRect();
    return { width, height };
  }

  set(x, y, zoom) {
    this.zoom = Math.min(Camera.LARGEST, Math.max(Camera.SMALLEST, zoom));
    this.x = x;
    this.y = y;
    this.layer.setAttribute("transform", `translate(${x} ${y}) scale(${this.zoom})`);
    this.onMove(this);
  }

  pan(dx, dy) {
    cancelAnimationFrame(this.moving);
    this.set(this.x + dx, this.y + dy, this.zoom);
  }

  zoomAt(px, py, factor) {
    cancelAnimationFrame(this.moving);
    const zoom = Math.min(Camera.LARGEST, Math.max(Camera.SMALLEST, this.zoom * factor));
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
