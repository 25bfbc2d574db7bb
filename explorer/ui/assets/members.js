// The members of a group, each with its reason; pointing at one shows it in the drawing.
const lists = new WeakMap();

export default function ({ data, parentElement }) {
  const text = JSON.stringify(data);
  if (lists.get(parentElement) === text) return;
  lists.set(parentElement, text);
  const list = parentElement.querySelector("ol");
  list.replaceChildren(...data.map((member) => item(member)));
  list.parentElement.scrollTop = 0;
}

function item({ node, layer, axis, why, facts }) {
  const button = part("button", "member");
  button.type = "button";
  button.title = "Show it in the drawing";
  const head = part("span", "head");
  head.append(part("span", `mark ${axis}`), part("b", "name", layer), part("span", "axis", axis));
  button.append(head, part("span", "why", why), part("span", "facts", facts));
  const tell = (type) => () => window.dispatchEvent(new CustomEvent(`explorer-graph-${type}`, { detail: node }));
  button.addEventListener("click", tell("show"));
  button.addEventListener("pointerenter", tell("point"));
  button.addEventListener("pointerleave", () => window.dispatchEvent(new CustomEvent("explorer-graph-point", { detail: null })));
  const row = document.createElement("li");
  row.append(button);
  return row;
}

function part(name, className, content = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = content;
  return made;
}
