// Python writes into the link whatever is picked, and each time Streamlit makes an entry in the browser's history.
// Only a switch of pages is a step that Back takes: an address on the same page replaces the one before.
if (!window.explorerHistory) {
  window.explorerHistory = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const isHere = new URL(url ?? "", location.href).pathname === location.pathname;
    if (isHere) history.replaceState(state, title, url);
    else push(state, title, url);
  };
}
