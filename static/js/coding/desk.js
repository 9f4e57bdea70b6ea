// The place in hand is brought into view in the text and in the list beside it, without moving the
// page itself.

function bring(box, target) {
  if (!box || !target) return;
  const apart = target.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += apart - box.clientHeight / 3;
}

const text = document.querySelector(".lanes-text");
bring(text, text?.querySelector(".lane[data-here]"));
const list = document.querySelector(".places");
bring(list, list?.querySelector("[aria-current]"));
// The last module of the page: its keys answer now.
document.documentElement.dataset.deskReady = "true";
