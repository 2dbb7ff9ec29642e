// What the tab does, and its keys.

import { h } from "./dom.js";
import { TABLE } from "./keys.js";

const WORDS = [
  "Every cell shows the same step, or says that its run did not log it. The curves and the slider share one axis; the ticks above the slider are the steps that have pictures.",
  "Maps are drawn here from their numbers: one scale holds for all cells unless you choose otherwise, and “minus” shows what one run or step has more of than another. A click on a map shows its image over all steps; the pointer tells the values below it in every column.",
  "Drag a zoomed picture, or hold Ctrl and turn the wheel over one: every cell follows. The letters A and B below a picture choose what A | B compares.",
  "The number after “scale” is what the picture's colours span. Two pictures with the same number compare by eye; with different numbers they do not.",
  "The address of the page holds all you see here: copy it to share it.",
];

export function help(app) {
  return h(
    "dialog",
    {
      class: "help",
      "aria-label": "Help",
      hook: (dialog) => {
        if (app.ui.help && !dialog.open) dialog.showModal();
        if (!app.ui.help && dialog.open) dialog.close();
      },
      onclose: () => app.see({ help: false }),
      onclick: (event) => event.target === event.currentTarget && app.see({ help: false }),
    },
    h("h2", null, "Kerasvis"),
    WORDS.map((words) => h("p", { key: words }, words)),
    h(
      "table",
      null,
      TABLE.map(([keys, meaning]) =>
        h(
          "tr",
          { key: keys },
          h("th", { scope: "row" }, h("kbd", null, keys)),
          h("td", null, meaning),
        ),
      ),
    ),
    h("button", { onclick: () => app.see({ help: false }) }, "Close"),
  );
}
