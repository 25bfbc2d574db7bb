// Below the drawing: what colours and edges mean.
class Legend {
  constructor(view) {
    Object.assign(this, { view, data: view.data });
  }

  build() {
    const wide = this.view.frame.querySelector(".wide");
    wide.replaceChildren();
    if (this.view.fills.values) return wide.append(...this.view.fills.legend(), ...this.wholeKey());
    if (this.view.heat.values) return wide.append(...this.view.heat.legend(), ...this.wholeKey());
    if (this.data.legend.length > 0) wide.append(html("span", "caption", "Widest couplings"));
    for (const [group, colour] of this.data.legend) {
      const title = this.data.groups[group][0];
      const chip = html("button", `chip c${colour}`, title.split(" · ")[0]);
      setAll(chip, { type: "button", "data-group": group, title, "aria-label": title });
      wide.append(chip);
    }
    wide.append(...this.wholeKey());
  }

  // What a thick edge means; the reasons show while it is pointed at or has the focus.
  wholeKey() {
    const boxes = this.data.whole.reduce((sum, [count]) => sum + count, 0);
    if (boxes === 0) return [];
    const told = `${boxes} ${boxes === 1 ? "box keeps all its" : "boxes keep all their"} channels`;
    const key = html("button", "keeps", told);
    const reasons = this.data.whole.map(([count, why]) => `${count} × ${why}`);
    setAll(key, { type: "button", "aria-label": `${told}: ${reasons.join(" ")}` });
    return [key];
  }
}
