// Pointer, wheel and keys → what the drawing does.
const KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit", " ": "fit", g: "group", s: "shapes", f: "full", "?": "keys", Escape: "clear" };

class Input {
  constructor(view) {
    this.view = view;
    this.stop = new AbortController();
    const { frame, stage, minimap } = view;
    this.gestures = new Gestures(view, (...heard) => this.on(...heard));
    this.on(window, "keydown", (event) => this.slash(event));
    this.on(window, "explorer-graph-told", (event) => view.told(event.detail));
    this.on(window, "explorer-graph-show", (event) => view.finder.show(event.detail));
    this.on(window, "explorer-graph-point", (event) => view.finder.pointAt(event.detail));
    this.on(frame, "click", (event) => this.clicked(event));
    this.on(frame, "keydown", (event) => this.key(event));
    this.on(frame.querySelector("input"), "input", (event) => view.finder.search(event.target.value));
    for (const type of ["pointerover", "focusin"]) this.on(frame, type, (event) => this.withKey(event, (key) => view.cards.reasons(key)));
    for (const type of ["pointerout", "focusout"]) this.on(frame, type, (event) => this.withKey(event, () => view.cards.hide()));
    this.on(stage, "dblclick", (event) => this.withBox(event, (box) => view.expand(box)));
    this.on(stage, "pointerover", (event) => this.hover(event));
    this.on(stage, "pointerleave", () => this.left());
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
    if (!event.target.closest(".stage") || this.gestures.dragged) return;
    this.gestures.hold(true);
    if (event.target.closest("[data-fold]")) return this.view.folds.pressed(event.target.closest("[data-fold]"));
    if (event.target.closest(".handle")) return this.withBox(event, (box) => this.view.expand(box));
    if (event.detail > 1) return; // the second click of a double click
    if (!this.withBox(event, (box, row) => this.view.press(box, row))) this.view.pressBackground();
  }

  hover(event) {
    this.view.cards.hide();
    this.view.paths.clear();
    if (this.gestures.isDragging) return;
    this.withBox(event, (box, row) => {
      this.view.cards.later(box, this.view.firstNodes(box, row));
      this.view.paths.show(box);
    });
  }

  left() {
    this.view.cards.hide();
    this.view.paths.clear();
  }

  key(event) {
    if (event.key === "f" && (event.ctrlKey || event.metaKey)) return this.toSearch(event);
    if (event.target.matches("input")) return this.searchKey(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("button") && (event.key === " " || event.key === "Enter")) return; // it presses the button
    const element = event.target.closest("[data-box]");
    const box = element && Number(element.dataset.box);
    if (KEYS[event.key]) this.view.command(KEYS[event.key]);
    else if (!element) return;
    else if (event.key === "Enter") this.view.press(box);
    else if (event.key === "x") this.view.expand(box);
    else if (event.key === "c") this.view.folds.around(box, "toggled");
    else if (event.key === "r") this.view.folds.around(box, "unrolled");
    else if (event.key.startsWith("Arrow")) this.view.step(box, event.key);
    else return;
    event.preventDefault();
  }

  // From anywhere on the page but a field that is typed in.
  slash(event) {
    const [target] = event.composedPath();
    if (event.key === "/" && !target.closest?.("input, textarea, [contenteditable]")) this.toSearch(event);
  }

  toSearch(event) {
    event.preventDefault();
    this.view.frame.querySelector("input").select();
  }

  searchKey(event) {
    if (event.key === "Enter") this.view.finder.next(event.shiftKey ? -1 : 1);
    if (event.key !== "Escape") return;
    if (!event.target.value) this.view.focusActive(); // from where all keys work
    this.view.finder.search((event.target.value = ""));
  }
}
