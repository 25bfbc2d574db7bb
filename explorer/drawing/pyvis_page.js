// What the exported page does: a click lights a group, in light and dark. DATA is written in; pyvis makes the rest.
const { bands, groups, themes, selected } = DATA;
const hint = note.textContent;
const dark = matchMedia("(prefers-color-scheme: dark)");
let picked = groups.find(({ id }) => id === selected) ?? null;
let more = "";
const look = () => themes[dark.matches ? "dark" : "light"];
const stateOf = (id) => {
  if (!picked) return "plain";
  if (picked.out.includes(id)) return "out";
  return picked.in.includes(id) ? "in" : "dim";
};
const paint = () => {
  const { plain, states, ink, faint, line } = look();
  note.textContent = picked ? picked.title + more : hint;
  nodes.update(Object.keys(plain).map((id) => {
    const state = stateOf(id);
    const color = state === "plain" ? plain[id] : states[state];
    const font = { color: state === "dim" ? faint : ink };
    return { id, color, font, shapeProperties: { borderDashes: state === "in" && [4, 3] } };
  }));
  edges.update(edges.getIds().map((id) => ({ id, color: line })));
};
network.on("beforeDrawing", (canvas) => {
  canvas.fillStyle = look().band;
  for (const [, , x, y, w, h] of bands) canvas.fillRect(x, y, w, h);
});
// Over the lines, which their outline interrupts.
network.on("afterDrawing", (canvas) => {
  Object.assign(canvas, { font: "bold 12px sans-serif", fillStyle: look().ink, strokeStyle: look().band, lineWidth: 7, lineJoin: "round" });
  for (const [label, labelX, , y] of bands) {
    canvas.strokeText(label, labelX, y + 16);
    canvas.fillText(label, labelX, y + 16);
  }
});
network.on("click", ({ nodes: [id] }) => {
  const own = groups.filter((group) => group.out.includes(id) || group.in.includes(id));
  picked = own[own.indexOf(picked) + 1] ?? own[0] ?? null;
  more = own.length > 1 ? "; click again for the next group of this box" : "";
  paint();
});
dark.addEventListener("change", paint);
paint();
