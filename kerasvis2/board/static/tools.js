// Small controls that several places use.

import { h } from "./dom.js";

// Makes the picture A or B. `step`: null to go with the slider.
export function tools(app, run, step) {
  const { state } = app;
  const mark = (letter, at) =>
    h(
      "button",
      {
        class: "mark",
        "aria-pressed": String(state[letter] === run.id && state[at] === step),
        "aria-label": `Use ${run.label}${step === null ? "" : ` at step ${step}`} as ${letter.toUpperCase()}`,
        title: `Compare this as ${letter.toUpperCase()}`,
        onclick: () => app.change({ [letter]: run.id, [at]: step }),
      },
      letter.toUpperCase(),
    );
  return [mark("a", "astep"), mark("b", "bstep")];
}

// A row of buttons, one of which is down. `choices`: [value, label, hint].
export function segments(label, choices, value, choose) {
  return h(
    "div",
    { class: "segments", role: "group", "aria-label": label },
    choices.map(([choice, text, hint]) =>
      h(
        "button",
        {
          key: choice,
          "aria-pressed": String(choice === value),
          title: hint,
          onclick: () => choose(choice),
        },
        text,
      ),
    ),
  );
}

// `choices`: [value, label].
export function select(label, choices, value, choose, props = {}) {
  return h(
    "label",
    { class: "field", ...props },
    h("span", null, label),
    h(
      "select",
      {
        value: String(value),
        "aria-label": label,
        onchange: (event) => choose(event.currentTarget.value),
      },
      choices.map(([choice, text]) =>
        h("option", { key: String(choice), value: String(choice) }, text),
      ),
    ),
  );
}

// A label that is no word (an icon, a sign) is read out as the hint.
export function button(label, hint, onclick, props = {}) {
  const word = typeof label === "string" && /\w/.test(label);
  return h("button", { title: hint, "aria-label": word ? null : hint, onclick, ...props }, label);
}
