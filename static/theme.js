// Loaded before the first paint, so that nothing flashes: a remembered choice of colours wins over
// the system's, and styles learn that scripts run.
(() => {
  "use strict";
  document.documentElement.dataset.script = "yes";
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch {
    // No storage, no memory: the system decides.
  }
})();
