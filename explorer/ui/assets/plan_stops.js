// What every stop of a slider leaves, for the figures beside it.
export default function ({ data }) {
  if (window.explorerStops?.of !== data.of) window.explorerStops = { of: data.of, stops: JSON.parse(data.stops) };
  window.dispatchEvent(new CustomEvent("explorer-stops"));
}
