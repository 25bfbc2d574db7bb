// A drawing of the network whose boxes are filled as far as they keep their channels; what is written stays readable.
const LETTER = 12; // px of a name at zoom 1
const READABLE = 9.5; // px on screen, at the least
const FAR = 0.62; // zoom below which a box has room for its name alone
const FARTHER = 0.36; // and below which not even for that
const LARGEST = 27; // px of a title in the drawing
const SLIM = 0.53; // of a letter's height is its width, about

class Widths {
  // `drawn`: the element that holds the drawing. `svg` was made and escaped by the explorer's own renderer.
  constructor(drawn, svg) {
    drawn.innerHTML = svg;
    Object.assign(this, { drawn, letter: 0 });
    this.boxes = [...drawn.querySelectorAll("[data-box]")];
    this.names = this.boxes.map((box) => Widths.measured(box.querySelector(".name")));
    this.titles = [...drawn.querySelectorAll("[data-title]")].map((title) => {
      const [text, band] = [title.querySelector("text"), drawn.querySelector(`[data-band="${title.dataset.title}"] rect`)];
      const { words, each } = Widths.measured(text);
      return { text, words, each, room: band.x.baseVal.value + band.width.baseVal.value - text.x.baseVal[0].value - 4 };
    });
  }

  // What is written, and how wide each letter of it is, in its height.
  static measured(text) {
    const words = text?.textContent ?? "";
    const height = text ? Number(getComputedStyle(text).fontSize.replace("px", "")) : 1;
    return { words, each: (text?.getComputedTextLength() ?? 0) / height / words.length || SLIM };
  }

  scale(zoom) {
    if (!zoom) return; // a drawing that is leaving has no size
    const letter = Math.max(LETTER, READABLE / zoom);
    this.drawn.classList.toggle("far", zoom < FAR);
    this.drawn.classList.toggle("farther", zoom < FARTHER);
    if (letter === this.letter) return;
    this.letter = letter;
    this.drawn.style.setProperty("--letter", `${letter}px`);
    this.boxes.forEach((_, box) => this.shorten(box, zoom < FAR));
    for (const { text, words, each, room } of this.titles) text.textContent = Widths.ending(words, room / (each * Math.min(letter, LARGEST)));
  }

  // The end of a name says most.
  static ending(words, characters) {
    const room = Math.max(2, Math.floor(characters));
    return words.length > room ? `…${words.slice(1 - room)}` : words;
  }

  shorten(number, isAlone) {
    const [box, { words: name, each }] = [this.boxes[number], this.names[number]];
    if (!name) return;
    const { y, width, height } = box.querySelector(".shape").getBBox();
    const [words, counts] = [".name", ".widths"].map((part) => box.querySelector(part));
    const taken = isAlone ? 0 : SLIM * (counts.textContent.length + 1);
    words.textContent = Widths.ending(name, ((width - 14) / this.letter - taken) / each);
    for (const line of [words, counts]) line.setAttribute("y", y + height / 2 + 0.35 * this.letter);
  }

  // Each is [box, share left, words in it, words about it, whether its groups were left whole].
  fill(widths) {
    for (const [number, share, words, told, uncut] of widths) {
      fillBox(this.boxes[number], share, words, uncut);
      put(this.title(this.boxes[number]), told);
    }
  }

  title(box) {
    const found = box.querySelector("title") ?? document.createElementNS("http://www.w3.org/2000/svg", "title");
    if (!found.parentNode) box.prepend(found);
    return found;
  }
}
