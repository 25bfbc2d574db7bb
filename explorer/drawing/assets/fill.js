// A box filled as far as its layer keeps its channels, with the count in words.
function fillBox(box, share, words, uncut) {
  const [shape, tint] = [".shape", ".tint"].map((part) => box.querySelector(part));
  const width = String(shape.width.baseVal.value * share);
  if (tint.getAttribute("width") !== width) tint.setAttribute("width", width);
  put(box.querySelector(".widths"), words);
  box.classList.add("counted");
  box.classList.toggle("uncut", uncut);
}
