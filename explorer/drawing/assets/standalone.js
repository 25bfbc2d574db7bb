// The drawing as a page of its own: what Python answers in the app, this answers. DRAWINGS and GROUP are written in.
const main = document.querySelector("main");
const toggle = document.querySelector("#whole");
let [shown, lit] = [0, GROUP];

function show() {
  window.explorerGraphTold = { drawing: "page", group: lit, moment: 0 };
  mount({ data: DRAWINGS[shown], parentElement: main, setTriggerValue: answer });
  toggle.textContent = shown === 0 ? "Show every block" : "Draw equal blocks as one";
}

// There is one other drawing, with all that this one folds: any sign that opens something leads there.
function answer(_, { picked, fold }) {
  if (picked) lit = picked.group;
  if (fold) swap();
}

function swap() {
  shown = 1 - shown;
  show();
}

toggle.hidden = DRAWINGS.length === 1;
toggle.addEventListener("click", swap);
show();
