// Runs in the measured page before its own scripts. Notes when a turn's text was first drawn, when
// the page was ready (and that state drawn), and when a key was pressed, the next frame was done and
// the change was confirmed; and has what a script needs to select a passage and to scroll.

globalThis.bench = { text: null, ready: null, tag: null };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.element?.closest?.("#transcript")) bench.text ??= entry.startTime;
  }
}).observe({ type: "largest-contentful-paint", buffered: true });
bench.afterFrame = (run) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => run(performance.now());
  channel.port2.postMessage(0);
});
new MutationObserver((_, observer) => {
  if (!document.documentElement?.dataset.readerReady) return;
  observer.disconnect();
  bench.ready = performance.now();
  bench.afterFrame((now) => { bench.drawn = now; });
}).observe(document, { subtree: true, attributeFilter: ["data-reader-ready"] });
addEventListener("keydown", (event) => {
  if (!bench.tag || bench.tag.pressed) return;
  bench.tag.pressed = event.timeStamp;
  bench.afterFrame((now) => { bench.tag.drawn = now; });
}, true);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (bench.tag && entry.name === "keydown" && Math.abs(entry.startTime - bench.tag.pressed) < 2) {
      bench.tag.presented = entry.duration;
    }
  }
}).observe({ type: "event", durationThreshold: 16 });
document.addEventListener("DOMContentLoaded", () => {
  const state = document.getElementById("save-state");
  if (!state) return;
  new MutationObserver(() => {
    if (bench.tag?.pressed && state.dataset.state === "saved") bench.tag.confirmed ??= performance.now();
  }).observe(state, { attributeFilter: ["data-state"] });
});
bench.point = (offset) => {
  const turns = bench.turns ??= [...document.querySelectorAll("#transcript .turn")];
  let low = 0;
  let high = turns.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (Number(turns[middle].dataset.s) <= offset) low = middle;
    else high = middle - 1;
  }
  let left = offset - Number(turns[low].dataset.s);
  const walk = document.createTreeWalker(turns[low], NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    // The places are chosen in turns without characters beyond 16 bits.
    if (left <= node.length) return [node, left];
    left -= node.length;
  }
  return [turns[low], 0];
};
bench.reveal = (offset) => {
  const [node] = bench.point(offset);
  (node.parentElement ?? node).closest(".turn").scrollIntoView({ block: "center" });
};
bench.rest = () => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(resolve, { timeout: 500 })));
});
bench.scroll = (pixels, milliseconds) => new Promise((resolve) => {
  const stamps = [];
  const from = scrollY;
  let began = null;
  const step = (stamp) => {
    began ??= stamp;
    stamps.push(stamp);
    const part = Math.min(1, (stamp - began) / milliseconds);
    if (pixels) scrollTo({ top: from + pixels * part, behavior: "instant" });
    if (part < 1) requestAnimationFrame(step);
    else resolve(stamps.slice(1).map((one, i) => one - stamps[i]));
  };
  requestAnimationFrame(step);
});
