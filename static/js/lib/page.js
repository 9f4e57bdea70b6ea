// Small behaviours of every page: menus that close, theme choice, dialogs opened by a
// button, file drop zones, focus on an error summary. Everything works without them.

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const theme = event.target.closest("[data-theme-set]");
  if (theme) setTheme(theme.dataset.themeSet);

  const opener = event.target.closest("[data-dialog-open]");
  if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) closer.closest("dialog")?.close();
});

// A text that is there to be copied is selected as soon as it is entered.
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("textarea[data-select-all]")) event.target.select();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

function setTheme(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  try {
    if (theme) localStorage.setItem("cs-theme", theme);
    else localStorage.removeItem("cs-theme");
  } catch {
    // Not remembered, but shown.
  }
  showTheme();
}

function showTheme() {
  const now = document.documentElement.dataset.theme ?? "";
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === now));
  }
}

// <div class="dropzone"> <input type="file"> <p class="dropzone-name"></p> </div>
for (const zone of document.querySelectorAll(".dropzone")) {
  const input = zone.querySelector('input[type="file"]');
  if (!input) continue;
  const show = () => {
    const name = zone.querySelector(".dropzone-name");
    if (!name) return;
    const names = [...input.files].map((file) => file.name);
    const some = names.slice(0, 5).join(", ");
    name.textContent = names.length > 5 ? `${some} … (${names.length})` : some;
  };
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  input.addEventListener("change", show);
}

document.querySelector("[data-autofocus]")?.focus();
// On a narrow screen the strip of pages may hide the one that is open.
document.querySelector(".app-nav a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
showTheme();
