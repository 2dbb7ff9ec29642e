// Zooming with the wheel and panning by dragging, on any picture of the stage.

import { sizeOn } from "./paint.js";
import * as zoom from "./zoom.js";

const NOTCH = 40; // a wheel's notch is about 100, a pinch sends many small ones

export function listen(app, element) {
  let turned = 0;
  let drag = null;

  // What is under the pointer, as `zoom` wants it.
  const under = (event) => {
    const canvas = event.target.closest?.(".picture")?.querySelector("canvas");
    const picture = canvas && sizeOn(canvas);
    if (!picture) return null;
    const box = canvas.getBoundingClientRect();
    return { canvas, picture, cell: { width: box.width, height: box.height }, box };
  };

  element.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      turned += event.deltaY;
      if (Math.abs(turned) < NOTCH) return;
      const by = turned < 0 ? 1 : -1;
      turned = 0;
      const found = under(event);
      if (!found) return;
      const { picture, cell, box } = found;
      const ratio = window.devicePixelRatio;
      const fit = zoom.fittingAll(picture, cell, app.view, ratio);
      const level = zoom.step(app.state.zoom, fit, by);
      const at = [event.clientX - box.left, event.clientY - box.top];
      app.change(zoom.around(picture, cell, app.view, ratio, level, ...at));
    },
    { passive: false },
  );

  element.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest("button, [role=slider]")) return;
    const found = app.state.zoom ? under(event) : null;
    drag = found && { ...found, x: event.clientX, y: event.clientY, moved: false };
  });
  element.addEventListener("pointermove", (event) => {
    if (!drag || !event.buttons) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    if (!drag.moved) element.setPointerCapture(event.pointerId);
    Object.assign(drag, { x: event.clientX, y: event.clientY, moved: true });
    app.change(
      zoom.dragged(drag.picture, drag.cell, app.view, window.devicePixelRatio, dx, dy),
    );
  });
  element.addEventListener("pointerup", () => {
    if (!drag?.moved) drag = null;
  });
  // The end of a drag is no click on the picture below.
  element.addEventListener(
    "click",
    (event) => {
      if (drag?.moved) event.stopPropagation();
      drag = null;
    },
    { capture: true },
  );
}

// The level a zoom button goes to, judged by the first picture in view.
export function levelFrom(app, by) {
  const canvas = document.querySelector(".stage .picture canvas");
  const picture = canvas && sizeOn(canvas);
  if (!picture) return app.state.zoom;
  const cell = { width: canvas.clientWidth, height: canvas.clientHeight };
  const fit = zoom.fittingAll(picture, cell, app.view, window.devicePixelRatio);
  return zoom.step(app.state.zoom, fit, by);
}
