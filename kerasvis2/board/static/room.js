// The scrolled room that cells stand in: its size and scroll position, told to the app.

import { h } from "./dom.js";

const watched = new WeakSet();

export function room(app, props, ...children) {
  const tell = (element) =>
    app.see({
      width: element.clientWidth,
      height: element.clientHeight,
      left: element.scrollLeft,
      top: element.scrollTop,
    });
  return h(
    "div",
    {
      ...props,
      class: `room ${props.class ?? ""}`,
      tabindex: 0,
      onscroll: (event) => tell(event.currentTarget),
      hook: (element) => {
        props.hook?.(element);
        tell(element);
        if (watched.has(element)) return;
        watched.add(element);
        new ResizeObserver(() => element.isConnected && tell(element)).observe(element);
      },
    },
    ...children,
  );
}
