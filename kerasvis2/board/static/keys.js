// The keyboard.

import { swap } from "./ab_bar.js";
import { turned } from "./timeline.js";

// [keys, what they do]: also the table that the help shows.
export const TABLE = [
  ["← →", "one step back, one step on"],
  ["Shift ← →", "ten steps"],
  ["Home, End", "the first step; the latest, and stay with it"],
  ["Space", "play, pause"],
  ["[ ]", "the picture before, the picture after"],
  ["m 1 2 3", "maps; one step; runs × steps; A | B"],
  ["+ − 0", "zoom in, zoom out, all of it; of maps larger, smaller, as fits"],
  ["Shift ← ↑ ↓ →", "on a map that has the focus: the values, place by place"],
  ["x", "A | B: show the other one"],
  ["s", "A | B: swap"],
  ["c", "show or hide the curves"],
  ["/", "search pictures"],
  ["?", "this help"],
];

const MODES = { 1: "step", 2: "grid", 3: "ab" };

export function onKey(app, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || app.ui.help) return;
  const target = event.target;
  if (target.matches("select, textarea, input:not([type=range], [type=checkbox])")) return;
  if (event.key === " " && target.matches("button, summary, [type=checkbox]")) return;
  if (target.matches(".field input")) return; // a slider other than that of the steps
  const act = target.matches(".slider")
    ? (upDown(app, event) ?? action(app, event))
    : action(app, event);
  if (!act) return;
  event.preventDefault();
  act();
}

// A slider answers to these too; elsewhere they scroll.
function upDown(app, { key }) {
  const by = { ArrowUp: 1, ArrowDown: -1 }[key];
  return by ? () => app.go(by) : null;
}

function action(app, { key, shiftKey }) {
  const { state, change } = app;
  switch (key) {
    case "ArrowLeft":
      return () => app.go(shiftKey ? -10 : -1);
    case "ArrowRight":
      return () => app.go(shiftKey ? 10 : 1);
    case "Home":
      return () => app.go("first");
    case "End":
      return () => app.go("latest");
    case " ":
      return () => change({ play: !state.play });
    case "[":
      return () => app.turn(-1);
    case "]":
      return () => app.turn(1);
    case "m":
      return app.model.mapped ? () => change({ mode: "maps" }) : null;
    case "1":
    case "2":
    case "3":
      return () => change({ mode: MODES[key] });
    case "+":
    case "=":
      return () => app.zoomBy(1);
    case "-":
      return () => app.zoomBy(-1);
    case "0":
      return () => change(app.model.mode === "maps" ? { size: 0 } : { zoom: 0, x: 0.5, y: 0.5 });
    case "Escape":
      return state.one ? () => change({ one: "" }) : null;
    case "x":
      return app.model.mode === "ab" && state.ab === "blink" ? app.flip : null;
    case "s":
      return app.model.mode === "ab" ? () => swap(app) : null;
    case "c":
      return () => change({ curves: turned(app) });
    case "/":
      return () => document.getElementById("find").focus();
    case "?":
      return app.help;
    default:
      return null;
  }
}
