// A classic script in <head>: what must be known before the first paint.
(() => {
  const root = document.documentElement;
  try {
    // The choice is a display preference of this browser, so it is not sent anywhere.
    const theme = localStorage.getItem("cs-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; then the system's theme is used.
  }
  // Long transcripts are laid out section by section where find-in-page still finds everything.
  // Safari before 26 does not, and no feature query tells.
  const agent = navigator.userAgent;
  if (!/AppleWebKit/.test(agent) || /Chrom(e|ium)\//.test(agent)) root.dataset.lazy = "true";
})();
