// TensorBoard's entry point: it imports this module and calls `render`.

import { App } from "./app.js";
import { onAddress, onReload, onTheme, takeFocus } from "./host.js";
import { onKey } from "./keys.js";

export async function render() {
  document.documentElement.lang = "en";
  document.title = "Kerasvis";
  if (window.frameElement) window.frameElement.title = "Kerasvis";
  await style();
  const root = document.createElement("div");
  document.body.append(root);
  const app = new App(root);
  onTheme((dark) => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  });
  onAddress(() => app.reread());
  onReload(() => app.reload());
  document.addEventListener("keydown", (event) => onKey(app, event));
  new ResizeObserver(() => app.redraw()).observe(document.documentElement);
  takeFocus();
  app.redraw();
}

// Before the first drawing, which measures the page.
function style() {
  const sheets = ["base", "controls", "side", "main", "pictures", "maps", "grid", "ab", "help"];
  return Promise.all(sheets.map(sheet));
}

function sheet(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`${name}.css`, import.meta.url).href;
  const loaded = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => reject(new Error(`${link.href} could not be loaded`));
  });
  document.head.append(link);
  return loaded;
}
