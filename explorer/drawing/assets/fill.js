// A box filled as far as its layer keeps its channels, with the count in words.
function fillBox(box, share, words, uncut) {
  const [shape, tint] = [".shape", ".tint"].map((part) => box.querySelector(part));
  tint.setAttribute("width", shape.width.baseVal.value * share);
  box.querySelector(".widths").textContent = words;
  box.classList.add("counted");
  box.classList.toggle("uncut", uncut);
}
