// Names and titles stay readable where the drawing is small: they grow, and lose their beginning where there is no room.
class Letters {
  static LEAST = 12; // px at zoom 1
  static MOST = 18.5;
  static READABLE = 9.2; // px on the screen
  static FAR = 0.75; // zoom below which a box has room for its name alone
  static SLIM = 0.55; // of a letter's height is its width, about

  constructor(view) {
    const { data, find, frame } = view;
    Object.assign(this, { frame, letter: 0 });
    const names = data.boxes.map(([, , w], box) => Letters.line(find("box", box).querySelector(".name"), this.beside(find("box", box), w)));
    const titles = data.bands.map((band, number) => Letters.line(find("title", number)?.querySelector("text"), Letters.within(band, find("title", number))));
    this.lines = [...names, ...titles].filter(({ text }) => text);
  }

  // `room`: px of the drawing. All lines are measured before any is written.
  static line(text, room) {
    const words = text?.textContent ?? "";
    const height = text ? Number(getComputedStyle(text).fontSize.replace("px", "")) : 1;
    return { text, words, room, length: (text?.getComputedTextLength() ?? 0) / height || Letters.SLIM * words.length };
  }

  // A name shares its box with the widths, which are not drawn where all is small.
  beside(box, w) {
    const widths = box.querySelector(".widths");
    return () => w - 16 - (this.frame.classList.contains("far") ? 0 : 6 + Letters.SLIM * Math.min(this.letter, 13) * widths.textContent.length);
  }

  // A title stands before what closes its block.
  static within([x, , w, , , , , , left], title) {
    const handles = title?.querySelectorAll(".fold").length ?? 0;
    return () => x + w - left - 10 - handles * (Folds.SIZE + 3);
  }

  scale(zoom) {
    this.letter = Math.min(Letters.MOST, Math.max(Letters.LEAST, Letters.READABLE / zoom));
    this.frame.classList.toggle("far", zoom < Letters.FAR);
    this.frame.style.setProperty("--zoom", zoom);
    this.frame.style.setProperty("--letter", `${this.letter}px`);
    for (const { text, words, room, length } of this.lines) {
      const kept = Math.max(3, Math.floor((words.length * room()) / (length * this.letter)));
      const shown = kept < words.length ? `…${words.slice(1 - kept)}` : words;
      if (text.textContent !== shown) text.textContent = shown;
    }
  }
}
