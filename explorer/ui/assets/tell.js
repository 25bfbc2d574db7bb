// Tells the drawing which group Python has selected. The drawing may not be there yet: leave a note for it.
export default function ({ data }) {
  window.explorerGraphSelection = data;
  window.dispatchEvent(new CustomEvent("explorer-graph-selection", { detail: data }));
}
