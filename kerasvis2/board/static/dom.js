// A page as a value: `h` describes elements, `draw` makes the page so. What did not change is left
// alone, so that focus, scroll positions and canvases survive. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";
const drawn = new WeakMap(); // element → the description it was made from
const LATE = ["value", "checked"]; // the user changes these too, and a select's needs its options

// What `h` made, and nothing else: an object out of a log can never pass for an element.
class Described {
  constructor(name, props, children) {
    Object.assign(this, { name, props, key: props.key, children });
  }
}

// `props`: attributes; `on…` handlers; `style`, an object; `key`, which keeps an element its own
// when its neighbours come and go; `hook`, called with the element once it is up to date.
export function h(name, props, ...children) {
  return new Described(name, props ?? {}, flat(children));
}

export function draw(parent, ...descriptions) {
  drawChildren(parent, flat(descriptions), false);
}

// An absent child keeps its place (as an empty text), so that the rest are not taken for others.
function flat(children) {
  return children
    .flat(Infinity)
    .map((child) =>
      child instanceof Described
        ? child
        : child === null || child === undefined || child === false
          ? ""
          : String(child),
    );
}

function drawChildren(parent, wanted, svg) {
  const keyed = new Map();
  const loose = [];
  for (const node of parent.childNodes) {
    const key = drawn.get(node)?.key;
    if (key === undefined) loose.push(node);
    else keyed.set(key, node);
  }
  let place = parent.firstChild;
  const kept = new Set();
  for (const child of wanted) {
    const old = child.key === undefined ? loose.shift() : keyed.get(child.key);
    const node = fits(old, child) ? old : create(child, svg);
    kept.add(node);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, child, svg); // in its place, where a hook can measure it
  }
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove();
}

function fits(node, child) {
  if (!node) return false;
  if (typeof child === "string") return node.nodeType === Node.TEXT_NODE;
  return drawn.get(node)?.name === child.name;
}

function create(child, svg) {
  if (typeof child === "string") return document.createTextNode(child);
  return svg || child.name === "svg"
    ? document.createElementNS(SVG, child.name)
    : document.createElement(child.name);
}

function update(node, child, svg) {
  if (typeof child === "string") {
    if (node.data !== child) node.data = child;
    return;
  }
  const before = drawn.get(node)?.props ?? {};
  drawn.set(node, child);
  for (const name of Object.keys(before)) if (!(name in child.props)) set(node, name, null);
  for (const [name, value] of Object.entries(child.props)) {
    if (!LATE.includes(name) && (value !== before[name] || name === "style"))
      set(node, name, value);
  }
  drawChildren(node, child.children, svg || child.name === "svg");
  for (const name of LATE) {
    if (name in child.props && node[name] !== child.props[name]) node[name] = child.props[name];
  }
  child.props.hook?.(node);
}

function set(node, name, value) {
  if (name === "key" || name === "hook") return;
  if (name.startsWith("on")) node[name] = value;
  else if (name === "style") setStyle(node, value ?? {});
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

function setStyle(node, style) {
  for (const [name, value] of Object.entries(style)) {
    const text = typeof value === "number" ? `${value}px` : value;
    if (node.style.getPropertyValue(name) !== text) node.style.setProperty(name, text);
  }
}
