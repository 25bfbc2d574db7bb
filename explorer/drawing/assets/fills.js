// What a plan leaves, laid over the boxes: each as full as it keeps channels. The drawing itself stays as it is.
class Fills {
  constructor(data, find, frame) {
    Object.assign(this, { data, find, frame, values: null, written: "null", plain: new Map() });
  }

  // `values`: a title, and boxes as `fillBox` takes them, with words about each. Returns whether anything changed.
  show(values) {
    const written = JSON.stringify(values ?? null);
    if (written === this.written) return false;
    this.empty();
    Object.assign(this, { values: values ?? null, written });
    this.frame.classList.toggle("filled", this.values !== null);
    for (const [box, share, words, , uncut] of this.values?.boxes ?? []) {
      const element = this.find("box", box);
      this.plain.set(element, element.querySelector(".widths").textContent);
      fillBox(element, share, words, uncut);
    }
    return true;
  }

  empty() {
    for (const [element, words] of this.plain) {
      fillBox(element, 1, words, false);
      element.classList.remove("counted");
    }
    this.plain.clear();
  }

  of(box) {
    return this.values?.boxes.find(([number]) => number === box)?.[3];
  }

  legend() {
    const keys = [["left", "channels left"], ["gone", "removed"], ["uncut", "group left whole"]];
    return [html("span", "caption", this.values.title), ...keys.map(([name, words]) => html("span", `k-${name}`, words))];
  }
}
