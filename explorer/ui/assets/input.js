// Pointer, wheel and keys → what the drawing does.
const KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit", g: "group", Escape: "clear" };
const DRAG = 4; // px that a pointer may move and still be a click

class Input {
  constructor(view) {
    Object.assign(this, { view, drag: null, dragged: false });
    this.stop = new AbortController();
    const { frame, stage, minimap } = view;
    this.on(window, "explorer-graph-told", (event) => view.told(event.detail));
    this.on(window, "explorer-graph-show", (event) => view.showNode(event.detail));
    this.on(window, "explorer-graph-point", (event) => view.pointAt(event.detail));
    this.on(frame, "click", (event) => this.clicked(event));
    this.on(frame, "keydown", (event) => this.key(event));
    this.on(frame.querySelector("input"), "input", (event) => view.search(event.target.value));
    for (const type of ["pointerover", "focusin"]) this.on(frame, type, (event) => this.withKey(event, (key) => view.cards.reasons(key)));
    for (const type of ["pointerout", "focusout"]) this.on(frame, type, (event) => this.withKey(event, () => view.cards.hideTip()));
    this.on(stage, "dblclick", (event) => this.withBox(event, (box) => view.expand(box)));
    this.on(stage, "wheel", (event) => this.wheel(event), { passive: false });
    this.on(stage, "pointerdown", (event) => this.down(event));
    this.on(stage, "pointermove", (event) => this.move(event));
    this.on(stage, "pointerup", () => (this.drag = null));
    this.on(stage, "pointerover", (event) => this.hover(event));
    this.on(stage, "pointerleave", () => view.cards.hideTip());
    this.on(stage, "focusin", (event) => this.withBox(event, (box) => view.focused(box, event.target.matches(":focus-visible"))));
    this.on(minimap.svg, "pointerdown", (event) => view.centreOn(minimap.point(event)));
    this.on(minimap.svg, "pointermove", (event) => event.buttons && view.centreOn(minimap.point(event)));
    this.resizes = new ResizeObserver(() => view.resized());
    this.resizes.observe(stage);
  }

  on(target, type, handler, options) {
    target.addEventListener(type, handler, { signal: this.stop.signal, ...options });
  }

  leave() {
    this.stop.abort();
    this.resizes.disconnect();
  }

  withBox(event, act) {
    const element = event.target.closest?.("[data-box]");
    if (!element) return false;
    const row = event.target.closest("[data-row]")?.dataset.row;
    act(Number(element.dataset.box), row === undefined ? undefined : Number(row));
    return true;
  }

  withKey(event, act) {
    const key = event.target.closest?.(".keeps");
    if (key) act(key);
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (button?.classList.contains("keeps")) return this.view.cards.reasons(button);
    if (button?.dataset.group) return this.view.chose(Number(button.dataset.group), button.classList.contains("chip"));
    if (button) return this.view.command(button.dataset.do);
    if (!event.target.closest(".stage") || this.dragged) return;
    if (event.target.closest(".handle")) return this.withBox(event, (box) => this.view.expand(box));
    if (event.detail > 1) return; // the second click of a double click
    if (!this.withBox(event, (box, row) => this.view.press(box, row))) this.view.pressBackground();
  }

  wheel(event) {
    event.preventDefault();
    const { left, top } = this.view.stage.getBoundingClientRect();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.view.touched = true;
    this.view.camera.zoomAt(event.clientX - left, event.clientY - top, Math.exp(-pixels * 0.0016));
  }

  down(event) {
    if (event.button !== 0) return;
    this.drag = { x: event.clientX, y: event.clientY };
    this.dragged = false;
  }

  move(event) {
    if (!this.drag || !event.buttons) return;
    const [dx, dy] = [event.clientX - this.drag.x, event.clientY - this.drag.y];
    if (!this.dragged && Math.hypot(dx, dy) < DRAG) return;
    if (!this.dragged) this.view.stage.setPointerCapture(event.pointerId);
    this.dragged = this.view.touched = true;
    this.drag = { x: event.clientX, y: event.clientY };
    this.view.camera.pan(dx, dy);
  }

  hover(event) {
    this.view.cards.hideTip();
    if (!this.drag) this.withBox(event, (box, row) => this.view.cards.later(box, this.view.nodesOf(box, row)));
  }

  key(event) {
    if (event.target.matches("input")) return this.searchKey(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const element = event.target.closest("[data-box]");
    const box = element && Number(element.dataset.box);
    if (KEYS[event.key]) this.view.command(KEYS[event.key]);
    else if (!element) return;
    else if (event.key === "Enter" || event.key === " ") this.view.press(box);
    else if (event.key === "x") this.view.expand(box);
    else if (event.key.startsWith("Arrow")) this.view.step(box, event.key);
    else return;
    event.preventDefault();
  }

  searchKey(event) {
    if (event.key === "Enter") this.view.nextFound(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") this.view.search((event.target.value = ""));
  }
}
