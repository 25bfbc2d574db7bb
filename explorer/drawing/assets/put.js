// Writes a text where it differs. A text node that stays costs little; a new one makes the browser style the page anew
// wherever a selector of it asks :has().
function put(element, text) {
  if (element.textContent === text) return;
  if (text && element.firstChild) element.firstChild.data = text;
  else element.textContent = text;
}
