// Keeps the view that stands at a place until it is given other data. What it answers is called when the place goes.
function once(views, place, data, view) {
  const old = views.get(place);
  if (old && JSON.stringify(old.data) === JSON.stringify(data)) return;
  old?.leave();
  views.set(place, view());
  return () => {
    views.get(place)?.leave();
    views.delete(place);
  };
}
