// Fetches the files of the page that is asked for beside the application, which would ask for them when it runs. A file of its own:
// the page allows no inline script.
new Worker("./locale-tables.js");
(() => {
  const told = document.getElementById("page-files")?.textContent;
  const address = location.hash.replace(/^#/, "").replace(/[?#].*$/, "");
  const files = told && JSON.parse(told).find(([pattern]) => new RegExp(pattern).test(address))?.[1];
  for (const file of files ?? []) {
    if (file.endsWith(".css")) {
      // Into the browser's cache and no further: a style that is preloaded and not used, as of a page that one must sign in for, is complained of.
      fetch(`./${file}`).catch(() => {});
      continue;
    }
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.crossOrigin = "";
    link.href = `./${file}`;
    document.head.append(link);
  }
})();
