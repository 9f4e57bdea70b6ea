// Where the browser cannot paint in the text, the reader says so and leads to the page that can.

export function canPaint(world = globalThis) {
  return "highlights" in (world.CSS ?? {}) && world.CSS.highlights != null && "Highlight" in world;
}

const notice = document.getElementById("no-highlights");
if (notice) notice.hidden = canPaint();
