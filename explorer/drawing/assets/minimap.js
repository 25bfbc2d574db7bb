// The whole network in the corner, with a frame around what is in sight; drag it to move.
class Minimap {
  constructor(svg, data, expansion, find) {
    Object.assign(this, { svg, data, expansion });
    this.boxes = data.boxes.map((_, box) => make("rect", { class: find("box", box).getAttribute("class").replace("box", "mini"), rx: 4 }));
    this.frame = make("rect", { class: "window" });
    svg.replaceChildren(...this.boxes, this.frame);
    this.place();
  }

  place() {
    this.svg.setAttribute("viewBox", `0 0 ${this.data.width} ${this.expansion.height}`);
    this.boxes.forEach((mini, box) => {
      const { x, y, w, h } = this.expansion.rect(box);
      setAll(mini, { x, y, width: w, height: h });
    });
  }

  light(boxes) {
    this.svg.classList.toggle("picked", boxes.length > 0);
    this.boxes.forEach((mini) => mini.classList.remove("on"));
    boxes.forEach((box) => this.boxes[box].classList.add("on"));
  }

  follow({ x, y, zoom, size }) {
    setAll(this.frame, { x: -x / zoom, y: -y / zoom, width: size.width / zoom, height: size.height / zoom });
  }

  // The point of the drawing under the pointer.
  point(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
  }
}
