// Small helpers that make elements; text always goes in as text.
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, content = "") {
  const made = document.createElementNS(SVG, name);
  setAll(made, attributes);
  made.textContent = content;
  return made;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

function html(name, className, content = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = content;
  return made;
}

function clip(words, length) {
  return words.length > length ? `${words.slice(0, length - 1)}…` : words;
}
