// Runs before the first paint, so that a dark page does not flash white. A file of its own: the page allows no inline script.
(() => {
  let choice = "auto";
  try {
    choice = localStorage.getItem("esteira.theme") ?? "auto";
  } catch {
    // Storage may be forbidden; the system's choice is as good.
  }
  const dark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
