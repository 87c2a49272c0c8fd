// Fetches the files of the page that is asked for beside the application, which would ask for them when it runs. A file of its own:
// the page allows no inline script.
new Worker("./locale-tables.js");
(() => {
  const told = document.getElementById("page-files")?.textContent;
  const address = location.hash.replace(/^#/, "").replace(/[?#].*$/, "");
  const files = told && JSON.parse(told).find(([pattern]) => new RegExp(pattern).test(address))?.[1];
  for (const file of files ?? []) {
    const link = document.createElement("link");
    const isStyle = file.endsWith(".css");
    link.rel = isStyle ? "preload" : "modulepreload";
    if (isStyle) link.as = "style";
    link.crossOrigin = "";
    link.href = `./${file}`;
    document.head.append(link);
  }
})();
