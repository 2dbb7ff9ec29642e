// The divider between two pictures, as a share of their width from the left. Of the page and the tab.

export function between(share) {
  return Math.min(1, Math.max(0, share));
}

// Where a pointer is over an element.
export function pointed({ clientX }, element) {
  const { left, width } = element.getBoundingClientRect();
  return between((clientX - left) / width);
}
