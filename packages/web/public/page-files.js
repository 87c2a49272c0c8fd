// Fetches the files of the page that is asked for beside the application, which would ask for them when it runs. A file of its own:
// the page allows no inline script.
new Worker("./locale-tables.js");
(() => {
  const told = document.getElementById("page-files")?.textContent;
  if (!told) return;
  const { pages, languages } = JSON.parse(told);
  const address = location.hash.replace(/^#/, "").replace(/[?#].*$/, "");
  const page = pages.find(([pattern]) => new RegExp(pattern).test(address))?.[1] ?? [];
  for (const file of [...page, ...languages[language()]]) {
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

  // As `i18n/language.ts` chooses; a wrong guess costs one file.
  function language() {
    let stored = null;
    try {
      stored = localStorage.getItem("esteira.language");
    } catch {}
    const tags = Object.hasOwn(languages, stored ?? "") ? [stored] : navigator.languages;
    return /^pt\b/i.test(tags.find((tag) => /^(en|pt)\b/i.test(tag)) ?? "en") ? "pt-BR" : "en";
  }
})();
