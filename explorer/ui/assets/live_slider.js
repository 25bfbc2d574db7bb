// A slider that reports while it is dragged; Streamlit's own reports on release only.
//
// At most one value is on its way: the next goes out once Python has answered the last
// (data.answered) or after PATIENCE ms, so redraws never queue up and the latest value wins.
const PACE = 80;
const PATIENCE = 700;
const REST = 0.25; // of the time that Python took
const LULL = 300; // ms after which a held slider is taken to rest
const GLIMPSE = 60; // px at the edge of the window that show nothing yet
const instances = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  if (!instances.has(parentElement)) instances.set(parentElement, new LiveSlider(parentElement));
  const slider = instances.get(parentElement);
  slider.update(data, setStateValue);
  return () => slider.tell(null);
}

class LiveSlider {
  constructor(root) {
    Object.assign(this, { root, send: null, link: "", sentAt: 0, timer: 0, pause: 0, turn: 0 });
    this.sent = null; // the value on its way; null once Python has answered
    this.wanted = null; // the latest value, not sent yet
    this.held = false; // a pointer is down on the slider
    this.again = ""; // when to ask once more for part of what Python shows: at a "pause", or at "release"
    this.behind = false; // some of what follows shows an earlier value
    this.rests = false; // the latest value asks for that, too
    this.followers = []; // keys of what Python draws anew with each value
    this.ahead = false; // a part of what stands around it goes ahead
    this.restUntil = 0; // ms; while it is held, nothing is sent before
    this.odd = false; // a step of a drag at which followers rest
    this.range = root.querySelector("input[type=range]");
    this.number = root.querySelector("input[type=number]");
    this.label = root.querySelector("label");
    this.listenToRange();
    this.listenToNumber();
  }

  listenToRange() {
    const { range } = this;
    range.addEventListener("pointerdown", () => (this.held = true));
    range.addEventListener("pointerup", () => this.release());
    range.addEventListener("pointercancel", () => this.release());
    range.addEventListener("input", () => this.want(Number(range.value), range));
    range.addEventListener("change", () => this.remember());
  }

  listenToNumber() {
    const { number } = this;
    number.addEventListener("input", () => {
      if (number.value !== "" && number.checkValidity()) this.want(Number(number.value), number);
    });
    number.addEventListener("change", () => {
      this.want(this.typed(), null);
      this.remember();
    });
  }

  release() {
    this.held = false;
    this.askForRest();
  }

  // Ask once more for the value on screen, for what was not there yet while the slider moved.
  // Held, it waits a moment first: the next move may be on its way already.
  askForRest() {
    clearTimeout(this.pause);
    if (!this.held) {
      if (this.again || this.behind) this.ask(!(this.again && this.ahead));
    } else if (this.again === "pause") this.pause = setTimeout(() => this.ask(!this.ahead), PACE);
    else if (this.behind) this.pause = setTimeout(() => this.ask(true), LULL);
  }

  ask(rests) {
    if (this.sent === null && this.wanted === null) this.want(Number(this.range.value), this.range, rests);
  }

  // What Python says: labels and bounds, and which value its page shows.
  update(data, setStateValue) {
    this.send = setStateValue;
    this.link = data.link;
    this.turn = Math.max(this.turn, data.turn);
    for (const told of ["again", "behind", "followers", "ahead"]) this[told] = data[told];
    this.label.textContent = data.label;
    this.number.setAttribute("aria-label", `${data.label}, typed`);
    for (const input of [this.range, this.number]) {
      Object.assign(input, { min: data.min, max: data.max, step: data.step });
    }
    if (this.sentAt === 0 || data.answered === this.sent) {
      // Held, it leaves the browser some of the time that this took, for what follows the slider without Python.
      if (this.sent !== null) this.restUntil = (1 + REST) * performance.now() - REST * this.sentAt;
      this.sent = null;
    }
    if (this.sent === null && this.wanted === null && !this.held) {
      // Python's value counts only while nobody is moving the slider or typing.
      if (this.root.activeElement !== this.number) this.show(data.answered, null);
      this.remember();
    }
    this.root.querySelector(".live-slider").classList.remove("empty");
    this.askForRest();
    this.flush();
  }

  want(value, from, rests = false) {
    this.show(value, from);
    [this.wanted, this.rests] = [value, rests];
    this.flush();
  }

  flush() {
    clearTimeout(this.timer);
    if (this.wanted === null) return;
    const soonest = this.sentAt + (this.sent === null ? PACE : PATIENCE);
    const wait = Math.max(soonest, this.held ? this.restUntil : 0) - performance.now();
    if (wait > 0) {
      this.timer = setTimeout(() => this.flush(), wait);
      return;
    }
    [this.sent, this.wanted, this.sentAt] = [this.wanted, null, performance.now()];
    this.turn += 1; // what is equal to what was sent last does not reach Python, nor an equal answer this slider
    this.send("sent", { at: this.sent, moving: this.held, spared: this.rests ? [] : this.spared(), turn: this.turn });
  }

  // What stands apart from the slider follows a moving one at every second step, and where nobody sees it, at none;
  // what stands around it follows each step, unless a part of that goes ahead.
  spared() {
    this.odd = this.held && !this.odd;
    return this.followers.filter((key) => {
      const area = document.querySelector(`.st-key-${key}`)?.getBoundingClientRect();
      if (!area) return this.ahead;
      return this.odd || area.top > window.innerHeight - GLIMPSE || area.bottom < GLIMPSE;
    });
  }

  show(value, from) {
    const { range, number } = this;
    if (from !== range) range.value = value.toFixed(2);
    if (from !== number) number.value = value.toFixed(2);
    const share = (value - range.min) / (range.max - range.min);
    range.style.setProperty("--filled", `${100 * share}%`);
    range.setAttribute("aria-valuetext", `${Math.round(100 * value)} percent`);
    this.tell(Number(value.toFixed(2)));
  }

  // What can follow without Python hears of each position; null: the slider is gone.
  tell(at) {
    window.explorerSliders = { ...window.explorerSliders, [this.link]: at };
    window.dispatchEvent(new CustomEvent("explorer-slider"));
  }

  // Streamlit cannot bind a component to the address bar, so the value is written here, in place.
  remember() {
    const url = new URL(window.location.href);
    const text = Number(this.range.value).toFixed(2);
    if (url.searchParams.get(this.link) === text) return;
    url.searchParams.set(this.link, text);
    window.history.replaceState(window.history.state, "", url);
  }

  typed() {
    const { range, number } = this;
    const value = number.value === "" ? Number(range.value) : Number(number.value);
    const bounded = Math.min(Math.max(value, Number(range.min)), Number(range.max));
    return Number(bounded.toFixed(2));
  }
}
