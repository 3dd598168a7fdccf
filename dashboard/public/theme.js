// Runs before the first paint so that a light-theme reader never sees a dark flash. Kept apart from the
// bundle because the content policy allows no inline script.
(() => {
  let choice = "system";
  try {
    choice = JSON.parse(localStorage.getItem("decnet.preferences") ?? "{}").theme ?? "system";
  } catch {
    // Storage may be closed to us; the system's choice stands.
  }
  const light =
    choice === "light" || (choice === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = light ? "light" : "dark";
})();
