// What floats beside a box: the tooltip.
const TIP_DELAY = 300; // ms
const TIP_GROUPS = 4;
const TIP_REASONS = 6;
const KEEPS = "Keeps all its channels";

function reasonsOf(data, nodes) {
  return [...new Set(nodes.map((node) => data.nodes[node][5]).filter(Boolean))];
}

class Cards {
  constructor(around, tip, { data, selection, heat, fills, find }) {
    Object.assign(this, { around, tip, data, selection, heat, fills, find, timer: 0 });
  }

  hide() {
    clearTimeout(this.timer);
    this.tip.hidden = true;
  }

  later(box, nodes) {
    this.timer = setTimeout(() => this.describe(box, nodes), TIP_DELAY);
  }

  describe(box, nodes) {
    const [name, , type, facts] = this.data.nodes[nodes[0]];
    const list = document.createElement("dl");
    for (const [what, value] of facts) list.append(html("dt", "", what), html("dd", "", value));
    const rest = nodes.slice(1).map((node) => this.data.nodes[node][2]);
    this.tip.replaceChildren(html("span", "tip-name", name), html("span", "tip-type", type), list);
    if (rest.length > 0) this.tip.append(html("span", "tip-rest", `then ${rest.join(", ")}`));
    this.tip.append(...this.whole(nodes), ...this.memberships(nodes), ...this.figure(box, nodes));
    this.tip.hidden = false;
    this.place(this.tip, box);
  }

  // Why these nodes keep all their channels, where they do.
  whole(nodes) {
    return reasonsOf(this.data, nodes).map((why) => html("span", "tip-whole", `${KEEPS}. ${why}`));
  }

  // Why boxes keep all their channels, above the legend.
  reasons(key) {
    this.hide();
    const lines = this.data.whole.slice(0, TIP_REASONS).map(([boxes, why]) => html("span", "tip-whole", `${boxes} × ${why}`));
    const more = this.data.whole.length - TIP_REASONS;
    if (more > 0) lines.push(html("span", "tip-rest", `and ${more} more reasons`));
    this.tip.replaceChildren(html("span", "tip-name", `${KEEPS}: these boxes, and why`), ...lines);
    this.tip.hidden = false;
    const around = this.around.getBoundingClientRect();
    const left = key.getBoundingClientRect().left - around.left;
    this.tip.style.left = `${Math.max(6, Math.min(left, around.width - this.tip.offsetWidth - 6))}px`;
    this.tip.style.top = `${Math.max(6, around.height - this.tip.offsetHeight - 6)}px`;
  }

  memberships(nodes) {
    const groups = this.selection.groupsOf(nodes);
    const lines = groups.slice(0, TIP_GROUPS).map(({ role, title }) => html("span", `tip-group ${role === "in" ? "in" : "out"}`, title));
    if (groups.length > TIP_GROUPS) lines.push(html("span", "tip-rest", `and ${groups.length - TIP_GROUPS} more groups`));
    return lines;
  }

  figure(box, nodes) {
    const left = this.fills.of(box);
    if (left) return [html("span", "tip-left", left)];
    const [colour, , words] = this.heat.of(nodes, box) ?? [];
    if (!words) return [];
    const line = html("span", "tip-heat", `${this.heat.values.before}${words}`);
    line.style.borderColor = colour;
    return [line];
  }

  place(card, box) {
    const around = this.around.getBoundingClientRect();
    const at = this.find("box", box).getBoundingClientRect();
    const right = at.right - around.left + 10;
    const fits = right + card.offsetWidth < around.width - 6;
    card.style.left = `${Math.max(6, fits ? right : at.left - around.left - card.offsetWidth - 10)}px`;
    card.style.top = `${Math.max(6, Math.min(at.top - around.top - 4, around.height - card.offsetHeight - 6))}px`;
  }
}
