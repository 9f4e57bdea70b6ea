// A classic script in <head>: sets the chosen theme before the first paint.
// The choice is a display preference of this browser, so it is not sent anywhere.
(() => {
  try {
    const theme = localStorage.getItem("cs-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; then the system's theme is used.
  }
})();
