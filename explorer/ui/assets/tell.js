// Tells a drawing which group Python has selected, and which colours to lay over it. It may not be there yet: leave a note.
export default function ({ data }) {
  window.explorerGraphTold = data;
  window.dispatchEvent(new CustomEvent("explorer-graph-told", { detail: data }));
}
