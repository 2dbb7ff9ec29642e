// When another step was gone to, its column is brought into view; after that, scrolling is the user's.

const revealed = new WeakMap(); // room → what was revealed in it last

// `what`: names the column; it is revealed once. `left`, `width`: where it is. `aside`: pixels on the
// left that stay in place and cover what is below them.
export function reveal(app, element, { what, left, width, aside = 0 }) {
  if (app.ui.width !== element.clientWidth) return; // not laid out yet for the room there is
  if (revealed.get(element) === what) return;
  revealed.set(element, what);
  if (left < 0) return;
  const room = element.clientWidth - aside;
  if (left < element.scrollLeft || left + width > element.scrollLeft + room) {
    element.scrollLeft = left - (room - width) / 2;
  }
}
