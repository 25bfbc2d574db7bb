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
  const button = html("button", "member");
  button.type = "button";
  button.title = "Show it in the drawing";
  const head = html("span", "head");
  head.append(html("span", `mark ${axis}`), html("b", "name", layer), html("span", "axis", axis));
  button.append(head, html("span", "why", why), html("span", "facts", facts));
  const tell = (type) => () => window.dispatchEvent(new CustomEvent(`explorer-graph-${type}`, { detail: node }));
  button.addEventListener("click", tell("show"));
  button.addEventListener("pointerenter", tell("point"));
  button.addEventListener("pointerleave", () => window.dispatchEvent(new CustomEvent("explorer-graph-point", { detail: null })));
  const row = document.createElement("li");
  row.append(button);
  return row;
}
