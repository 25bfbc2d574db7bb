// A slider that reports while it is dragged; Streamlit's own reports on release only.
//
// At most one value is on its way: the next goes out once Python has answered the last
// (data.answered) or after PATIENCE ms, so redraws never queue up and the latest value wins.
const PACE = 80;
const PATIENCE = 700;
const instances = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  if (!instances.has(parentElement)) instances.set(parentElement, create(parentElement));
  instances.get(parentElement)(data, setStateValue);
}

function create(root) {
  const range = root.querySelector("input[type=range]");
  const number = root.querySelector("input[type=number]");
  const label = root.querySelector("label");
  let send = null;
  let link = "";
  let sent = null; // the value on its way; null once Python has answered
  let sentAt = 0;
  let wanted = null; // the latest value, not sent yet
  let held = false; // a pointer is down on the slider
  let timer = 0;

  const show = (value, from) => {
    if (from !== range) range.value = value.toFixed(2);
    if (from !== number) number.value = value.toFixed(2);
    const share = (value - range.min) / (range.max - range.min);
    range.style.setProperty("--filled", `${100 * share}%`);
    range.setAttribute("aria-valuetext", `${Math.round(100 * value)} percent`);
  };

  const flush = () => {
    clearTimeout(timer);
    if (wanted === null) return;
    const wait = sentAt + (sent === null ? PACE : PATIENCE) - performance.now();
    if (wait > 0) {
      timer = setTimeout(flush, wait);
      return;
    }
    [sent, wanted, sentAt] = [wanted, null, performance.now()];
    send("value", sent);
  };

  const want = (value, from) => {
    show(value, from);
    wanted = value;
    flush();
  };

  // Streamlit cannot bind a component to the address bar, so the value is written here, in place.
  const remember = () => {
    const url = new URL(window.location.href);
    const text = Number(range.value).toFixed(2);
    if (url.searchParams.get(link) === text) return;
    url.searchParams.set(link, text);
    window.history.replaceState(window.history.state, "", url);
  };

  const typed = () => {
    const value = number.value === "" ? Number(range.value) : Number(number.value);
    const bounded = Math.min(Math.max(value, Number(range.min)), Number(range.max));
    return Number(bounded.toFixed(2));
  };

  const hold = (down) => () => {
    held = down;
  };
  range.addEventListener("pointerdown", hold(true));
  range.addEventListener("pointerup", hold(false));
  range.addEventListener("pointercancel", hold(false));
  range.addEventListener("input", () => want(Number(range.value), range));
  range.addEventListener("change", remember);
  number.addEventListener("input", () => {
    if (number.value !== "" && number.checkValidity()) want(Number(number.value), number);
  });
  number.addEventListener("change", () => {
    want(typed(), null);
    remember();
  });

  return (data, setStateValue) => {
    send = setStateValue;
    link = data.link;
    label.textContent = data.label;
    number.setAttribute("aria-label", `${data.label}, typed`);
    for (const input of [range, number]) {
      Object.assign(input, { min: data.min, max: data.max, step: data.step });
    }
    if (sentAt === 0 || data.answered === sent) sent = null;
    if (sent === null && wanted === null && !held) {
      // Python's value counts only while nobody is moving the slider or typing.
      if (root.activeElement !== number) show(data.answered, null);
      remember();
    }
    flush();
  };
}
