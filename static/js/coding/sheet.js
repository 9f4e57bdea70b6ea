// On a narrow screen the side panels are sheets that come up from the bar at the foot. One is
// open at a time; Escape, the button itself or a touch on the text closes it.

export class Sheets {
  constructor({ bar, panels }) {
    this.bar = bar;
    this.panels = panels;
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("[aria-controls]");
      if (button) this.toggle(button.getAttribute("aria-controls"));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.openId) {
        const button = this.#button(this.openId);
        this.close();
        button?.focus();
      }
    });
  }

  get openId() {
    return this.panels.find((panel) => panel.classList.contains("is-open"))?.id ?? null;
  }

  toggle(id) {
    const wasOpen = this.openId === id;
    this.close();
    if (wasOpen) return;
    this.panels.find((panel) => panel.id === id)?.classList.add("is-open");
    this.#button(id)?.setAttribute("aria-expanded", "true");
  }

  close() {
    for (const panel of this.panels) {
      panel.classList.remove("is-open");
      this.#button(panel.id)?.setAttribute("aria-expanded", "false");
    }
  }

  #button(id) {
    return this.bar.querySelector(`[aria-controls="${id}"]`);
  }
}
