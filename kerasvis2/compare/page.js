// Names come from files that anybody may have written: they only ever become text, never markup.

import { between, pointed } from "./divider.js";
import { maps } from "./page_maps.js";

const data = JSON.parse(document.getElementById("data").textContent);
const { runs, steps } = data;
const last = steps.length - 1;
const cellOf = (run, place) => data.cells[run][place];
// Begins where all runs have a picture, if there is such a step.
const begin = steps.findLastIndex((_, place) => runs.every((_, run) => !cellOf(run, place).missing));
const state = { place: begin < 0 ? last : begin, mode: "all", look: "side", zoom: 0, speed: 2, timer: 0, edge: 50, front: "a", auto: true,
  a: { run: 0, place: null }, b: { run: Math.min(1, runs.length - 1), place: null } };
if (runs.length === 1) state.a.place = 0; // one run: its first step against the slider's

function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key.includes("-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const numbers = data.blobs ? maps(data, el) : null;

function choice(name, label, options, chosen, onpick) {
  const fields = options.map(([value, words]) => {
    const input = el("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onpick(value) });
    // After a click the arrow keys are the slider's again; by keyboard alone they stay with the choice.
    return el("label", { onclick: (event) => event.detail && setTimeout(() => input.blur()) }, input, words);
  });
  return el("fieldset", { "aria-label": label }, ...fields);
}

function menu(label, options, chosen, onpick, name = label) {
  const select = el("select", { "aria-label": name, onchange: () => onpick(select.value) },
    ...options.map(([value, words]) => el("option", { value: String(value), selected: value === chosen }, words)));
  return el("label", { class: "field" }, label, select);
}

// Pictures.

const sizes = runs.map(() => null); // of each run's latest picture
const sourceOf = (cell) => data.pictures[cell.picture];
const caption = (cell, place) =>
  `step ${steps[place]}${cell.scale ? ` · scale ${cell.scale}` : ""} · ${new Date(cell.time * 1000).toLocaleString()}`;
const nameOf = (run, place) => `${data.title}, ${runs[run]}, step ${steps[place]}`;

function pictureOf(run, place) {
  const cell = cellOf(run, place);
  if (cell.blob !== undefined) {
    const sheet = numbers.sheet(run, cell, nameOf(run, place));
    sheet.style.zoom = state.zoom || 1;
    return sheet;
  }
  const picture = el("img", { alt: nameOf(run, place), src: sourceOf(cell), draggable: false });
  picture.addEventListener("load", () => {
    sizes[run] = [picture.naturalWidth, picture.naturalHeight];
    stage.style.setProperty("--wide", `${Math.max(260, ...sizes.map((size) => size?.[0] ?? 0))}px`);
    picture.style.width = zoomed(picture.naturalWidth);
  });
  return picture;
}

function zoomed(width) {
  return state.zoom ? `${width * state.zoom}px` : "";
}

function missing(cell, run) {
  const go = cell.nearest === null ? null : steps.indexOf(cell.nearest);
  const button = go === null || go < 0 ? null
    : el("button", { type: "button", onclick: () => show({ place: go }) }, `go to step ${cell.nearest}`);
  const box = el("div", { class: "missing" }, el("span", {}, cell.missing), button);
  const size = sizes[run] ?? sizes.find(Boolean);
  if (size) { // as large as its pictures, so that the others stay where they are
    box.style.width = `${size[0] * (state.zoom || 1)}px`;
    box.style.aspectRatio = `${size[0]} / ${size[1]}`;
  }
  return box;
}

function figure(title, run, place) {
  const cell = cellOf(run, place);
  const body = cell.missing ? missing(cell, run) : pictureOf(run, place);
  const words = cell.missing ? `step ${steps[place]}` : caption(cell, place);
  return el("figure", {}, el("h2", {}, title), body, el("figcaption", {}, words));
}

// A against B.

const placeOf = (side) => (side.place === null ? state.place : side.place);

function sidePicker(letter) {
  const side = state[letter];
  const name = letter.toUpperCase();
  const at = [["", "step of the slider"], ...steps.map((step, place) => [place, `step ${step}`])];
  return [
    menu(`${name}:`, runs.map((run, index) => [index, run]), side.run,
      (value) => { side.run = Number(value); show({}); }, `Run of ${name}`),
    menu("at", at, side.place === null ? "" : side.place,
      (value) => { side.place = value === "" ? null : Number(value); show({}); }, `Step of ${name}`),
  ];
}

function titleOf(letter) {
  const side = state[letter];
  return `${letter.toUpperCase()}: ${runs[side.run]}, step ${steps[placeOf(side)]}`;
}

const picker = el("div", { class: "ab" }, ...sidePicker("a"), ...sidePicker("b"),
  choice("look", "How to compare",
    [["side", "side by side"], ["swipe", "swipe"], ["blink", "blink"], ...(numbers ? [["difference", "difference"]] : [])],
    state.look, (look) => show({ look, auto: true })));

function abView() {
  const ends = ["a", "b"].map((letter) => [state[letter].run, placeOf(state[letter])]);
  const bothThere = ends.every(([run, place]) => !cellOf(run, place).missing);
  if (state.look === "side" || !bothThere) {
    const pair = ends.map(([run, place], index) => figure(titleOf("ab"[index]), run, place));
    return el("div", { class: "cells" }, ...pair);
  }
  const views = { swipe, blink };
  if (state.look === "difference") return difference();
  return views[state.look](...ends.map(([run, place]) => pictureOf(run, place)));
}

function swipe(a, b) {
  const over = el("div", { class: "over" }, b);
  const edge = el("div", { class: "edge" });
  const handle = el("input", { type: "range", class: "swipe", min: 0, max: 100, step: 0.5,
    "aria-label": "Where A ends and B begins", oninput: () => cut(Number(handle.value)) });
  const cut = (percent) => {
    state.edge = 100 * between(percent / 100);
    handle.value = state.edge;
    over.style.clipPath = `inset(0 0 0 ${state.edge}%)`;
    edge.style.left = `${state.edge}%`;
  };
  const drag = (event) => event.buttons && cut(100 * pointed(event, both));
  const both = el("div", { class: "stage", onpointerdown: drag, onpointermove: drag }, a, over, edge);
  cut(state.edge);
  return el("figure", {}, el("h2", {}, `${titleOf("a")} | ${titleOf("b")}`), handle, both);
}

let flip = null; // what the clock below calls while two pictures blink
// For those who asked for less motion it flips by the button alone.
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) setInterval(() => state.auto && flip?.(), 600);

function blink(a, b) {
  const title = el("h2");
  const over = el("div", { class: "over" }, b);
  const face = () => {
    over.style.visibility = state.front === "b" ? "visible" : "hidden";
    title.textContent = titleOf(state.front);
  };
  flip = () => {
    state.front = state.front === "a" ? "b" : "a";
    face();
  };
  face();
  const byHand = el("button", { type: "button", onclick: () => { state.auto = false; flip(); } }, "flip by hand");
  return el("figure", {}, title, el("div", { class: "stage" }, a, over), el("figcaption", {}, byHand));
}

// B − A in numbers. Coloured pictures are not subtracted: their colours are no values.
function difference() {
  const [first, second] = ["a", "b"].map((letter) => {
    const { run } = state[letter];
    return { run, cell: cellOf(run, placeOf(state[letter])) };
  });
  const name = `${titleOf("b")} minus ${titleOf("a")}`;
  return el("figure", {}, el("h2", {}, `B − A · ${name}`), numbers.difference(first, second, name));
}

// The page.

const stage = el("div");
if (numbers) {
  stage.style.setProperty("--least", `${numbers.least}px`);
  stage.style.setProperty("--wide", `${numbers.wide}px`);
}
const main = el("main", {}, picker, stage);
const slider = el("input", { type: "range", min: 0, max: last, value: state.place, "aria-label": "Step", disabled: !last,
  oninput: () => show({ place: Number(slider.value) }) });
const label = el("output", { "aria-live": "polite" });
const play = el("button", { type: "button", disabled: !last, onclick: () => toggle(!state.timer) }, "Play");

function show(change) {
  Object.assign(state, change);
  slider.value = state.place;
  slider.setAttribute("aria-valuetext", `step ${steps[state.place]}`);
  label.textContent = `step ${steps[state.place]} (${state.place + 1} of ${steps.length})`;
  main.classList.toggle("fit", !state.zoom);
  picker.hidden = state.mode !== "ab";
  flip = null;
  stage.style.setProperty("--count", state.mode === "ab" ? 2 : runs.length);
  stage.replaceChildren(state.mode === "ab" ? abView()
    : el("div", { class: "cells" }, ...runs.map((run, index) => figure(run, index, state.place))));
}

function toggle(on) {
  clearInterval(state.timer);
  state.timer = on ? setInterval(() => show({ place: (state.place + 1) % steps.length }), 1000 / state.speed) : 0;
  play.textContent = on ? "Pause" : "Play";
  label.setAttribute("aria-live", on ? "off" : "polite");
}

const MOVES = { ArrowLeft: () => state.place - 1, ArrowRight: () => state.place + 1, Home: () => 0, End: () => last };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("select, input") && event.target !== slider) return;
  if (event.key === " " && !event.target.matches("button")) toggle(!state.timer);
  else if (MOVES[event.key]) show({ place: Math.min(last, Math.max(0, MOVES[event.key]())) });
  else return;
  event.preventDefault();
});

const theme = menu("Theme", [["", "auto"], ["light", "light"], ["dark", "dark"]], "", (value) => {
  document.documentElement.dataset.theme = value;
});
document.body.append(
  el("header", {}, el("h1", { title: data.tag }, data.title), ...data.notes.map((note) => el("p", { class: "note", role: "note" }, note)), numbers?.scale() ?? ""),
  el("div", { class: "bar", role: "toolbar", "aria-label": "Controls" },
    choice("mode", "What to show", [["all", "all runs"], ["ab", "A | B"]], "all", (mode) => show({ mode })),
    el("div", { class: "time" }, play, slider, label),
    menu("Speed", [1, 2, 5, 10].map((speed) => [speed, `${speed} step${speed > 1 ? "s" : ""}/s`]), state.speed, (value) => {
      state.speed = Number(value);
      if (state.timer) toggle(true);
    }),
    menu("Zoom", [[0, "fit"], [1, "1×"], [2, "2×"], [4, "4×"]], 0, (value) => show({ zoom: Number(value) })), theme),
  main,
  el("footer", {}, "← → step by step, Home and End to the first and last, Space to play."));
show({});
