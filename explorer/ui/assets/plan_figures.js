// The figures of a plan. Where every stop of the slider is known here, they follow it at once, and so does what is
// drawn of the plan; else they show what Python said last.
const views = new WeakMap();

export default function ({ data, parentElement }) {
  if (!views.has(parentElement)) views.set(parentElement, new PlanFigures(parentElement));
  const view = views.get(parentElement);
  view.update(data);
  return () => {
    view.leave();
    views.delete(parentElement);
  };
}

class PlanFigures {
  constructor(parent) {
    this.root = parent.querySelector(".plan-figures");
    this.marks = new Rows(this.root.querySelector(".plan-marks"), markMade, markSaid);
    this.cells = new Rows(this.root.querySelector(".plan-cells"), cellMade, cellSaid);
    this.frame = 0;
    this.listener = () => this.soon();
    for (const event of FOLLOWED) window.addEventListener(event, this.listener);
  }

  leave() {
    for (const event of FOLLOWED) window.removeEventListener(event, this.listener);
    cancelAnimationFrame(this.frame);
  }

  update(data) {
    this.data = data;
    this.show();
  }

  // A hand moves the thumb more often than a screen is drawn.
  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.show());
  }

  show() {
    const shown = this.stop() ?? this.data.now;
    this.marks.say(shown.marks);
    this.cells.say(shown.figures);
    if (!this.data.drawing) return;
    window.explorerGraphTold = { drawing: this.data.drawing, left: shown.drawn };
    window.dispatchEvent(new CustomEvent("explorer-graph-told", { detail: window.explorerGraphTold }));
  }

  // What the plan of these very options leaves where the slider stands now, if that is known.
  stop() {
    const [known, at] = [window.explorerStops, window.explorerSliders?.[this.data.slider] ?? null];
    return known && known.of === this.data.of && at !== null ? known.stops[Math.round(100 * at)] : null;
  }
}

const FOLLOWED = ["explorer-slider", "explorer-stops"];

// As many elements as there is to say, made once and then only written anew.
class Rows {
  constructor(parent, make, write) {
    Object.assign(this, { parent, make, write });
  }

  say(all) {
    const { parent } = this;
    while (parent.children.length > all.length) parent.lastElementChild.remove();
    while (parent.children.length < all.length) parent.append(this.make());
    all.forEach((one, place) => this.write(parent.children[place], one));
  }
}

function markMade() {
  const mark = html("span", "plan-mark");
  mark.tabIndex = 0;
  mark.append(html("span", "said"), html("span", "plan-hint"));
  return mark;
}

function markSaid(mark, { text, colour, help }) {
  mark.dataset.colour = colour;
  put(mark.querySelector(".said"), text);
  hint(mark.querySelector(".plan-hint"), help);
}

function cellMade() {
  const [cell, name, asked] = [html("div", "plan-figure"), html("div", "name"), html("button", "asked")];
  asked.type = "button";
  asked.append(html("span", "plan-hint"));
  name.append(html("span", "label"), asked);
  cell.append(name, html("div", "value"), html("div", "beside"));
  cell.setAttribute("role", "group");
  return cell;
}

function cellSaid(cell, { label, value, beside, help }) {
  for (const [part, text] of Object.entries({ label, value, beside })) put(cell.querySelector(`.${part}`), text);
  cell.setAttribute("aria-label", label);
  cell.querySelector(".asked").setAttribute("aria-label", `What is: ${label}`);
  hint(cell.querySelector(".plan-hint"), help);
}

function hint(element, text) {
  element.setAttribute("role", "tooltip");
  put(element, text);
}
