// TensorBoard around us. The tab lives in an iframe of its own; the address that people see and
// share, and the theme, are those of the page outside.

const PREFIX = "p.kerasvis.";
const outside = reachable(window.parent) ? window.parent : window;

function reachable(other) {
  try {
    return Boolean(other.location.href);
  } catch {
    return false; // another origin's page has embedded us
  }
}

// TensorBoard's hash: the tab's name, then pairs. Keys of ours begin with "p.kerasvis.".
function pairs() {
  return outside.location.hash.slice(1).split("&").filter(Boolean);
}

export function readAddress() {
  const params = new Map();
  for (const pair of pairs()) {
    const [name, value] = pair.split("=").map(decode);
    if (name.startsWith(PREFIX) && value !== undefined) {
      params.set(name.slice(PREFIX.length), value);
    }
  }
  return params;
}

export function writeAddress(params) {
  if (!visible()) return;
  const others = pairs().filter((pair) => !decode(pair).startsWith(PREFIX));
  const ours = [...params].map(
    ([name, value]) => `${encodeURIComponent(PREFIX + name)}=${encodeURIComponent(value)}`,
  );
  const hash = "#" + [...others, ...ours].join("&");
  // Not a new entry of the history: a slider would fill it.
  if (hash !== (outside.location.hash || "#")) {
    outside.history.replaceState(outside.history.state, "", hash);
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody typed a lone "%"
  }
}

// TensorBoard hides a tab that is not on top, and the address is then another tab's.
export function visible() {
  return document.documentElement.clientWidth > 0;
}

// So that the keys work at once; but nobody's focus is taken away.
export function takeFocus() {
  const { activeElement, body } = outside.document;
  if (!activeElement || activeElement === body) window.focus();
}

export function onAddress(call) {
  outside.addEventListener("hashchange", call);
}

export function onTheme(call) {
  const body = outside.document.body;
  const tell = () => call(body.classList.contains("dark-mode"));
  new MutationObserver(tell).observe(body, { attributes: true, attributeFilter: ["class"] });
  tell();
}

// TensorBoard tells its plugins over a message channel when it has reloaded the data.
export function onReload(call) {
  if (outside === window) return;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    const { type, id, isReply } = JSON.parse(data);
    if (isReply) return;
    port1.postMessage(JSON.stringify({ type, id, payload: null, error: null, isReply: true }));
    if (type === "experimental.DataReloaded") call();
  };
  outside.postMessage("experimental.bootstrap", window.location.origin, [port2]);
}
