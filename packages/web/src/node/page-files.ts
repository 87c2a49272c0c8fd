import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** Which page an address shows, by what follows its "#". The first that fits; they say again what `routes.tsx` says. */
const PAGES: readonly (readonly [address: string, module: string])[] = [
  ["^/?$|^/experiments/?$", "experiments/experiments-page.tsx"],
  ["^/experiments/[^/]+/?$", "runs/runs-page.tsx"],
  ["^/experiments/[^/]+/charts", "charts/charts-page.tsx"],
  ["^/experiments/[^/]+/models/", "models/logged-model-page.tsx"],
  ["^/experiments/[^/]+/runs/[^/]+/threshold", "threshold/threshold-page.tsx"],
  ["^/experiments/[^/]+/runs/", "run/run-page.tsx"],
  ["^/compare-runs", "compare/compare-page.tsx"],
  ["^/models/?$", "models/models-page.tsx"],
  ["^/models/[^/]+/versions/", "models/version-page.tsx"],
  ["^/models/[^/]+/compare", "models/version-compare-page.tsx"],
  ["^/models/[^/]+/alerts", "reviews/reviews-page.tsx"],
  ["^/models/", "models/model-page.tsx"],
  ["^/deployments/?$", "deployments/deployments-page.tsx"],
  ["^/deployments/", "deployments/deployment-page.tsx"],
  ["^/sign-in", "access/sign-in-page.tsx"],
  ["^/account", "access/account-page.tsx"],
  ["^/people/?$", "people/people-page.tsx"],
  ["^/people/", "people/person-page.tsx"],
];

/** Where each language's texts are: the application asks for those of one when it runs. */
const LANGUAGES = { en: "i18n/en.ts", "pt-BR": "i18n/pt-br.ts" } as const;

/** Chromium compiles a script that begins with this as it comes, in a thread of its own, and not function by function later. */
const COMPILE_WHOLE = "//# allFunctionsCalledOnLoad\n";
const SCRIPT = '<script src="./page-files.js"';

/** Smaller files are one packet either way. */
const LEAST_COMPRESSED = 1400;
/** As small as the highest quality within a twentieth, in a tenth of its time: a clone is built while somebody waits. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/**
 * Makes the first page soon. Tells `public/page-files.js` in index.html which files each page is made of, so that they are
 * fetched beside the application and not after it; says of each script that it is to be compiled as it comes; and puts
 * beside each file what the server sends to those who take it compressed.
 */
export const pageFiles = (): Plugin => ({
  name: "page-files",
  apply: "build",
  // After vite's own, which writes at the beginning of scripts.
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      complete(bundle);
      for (const file of Object.values(bundle)) {
        const source = file.type === "chunk" ? file.code : file.source;
        if (source.length < LEAST_COMPRESSED || !/\.(js|css)$/.test(file.fileName)) continue;
        this.emitFile({ type: "asset", fileName: `${file.fileName}.br`, source: brotliCompressSync(source, BROTLI) });
        this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gzipSync(source) });
      }
    },
  },
});

function complete(bundle: Rolldown.OutputBundle): void {
  const chunks = Object.values(bundle).filter((file): file is Rolldown.OutputChunk => file.type === "chunk");
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const entry = chunks.find(({ isEntry }) => isEntry);
  const index = bundle["index.html"];
  if (entry === undefined || index?.type !== "asset") throw new Error("The build has no index.html or no entry.");
  const first = new Set(filesOf(entry, byName));
  const filesBeside = (module: string): readonly string[] => {
    const one = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/src/${module}`));
    if (one === undefined) throw new Error(`${module} is named here, and is not loaded by itself.`);
    return filesOf(one, byName).filter((file) => !first.has(file));
  };
  const pages = PAGES.map(([address, module]) => [address, filesBeside(module)]);
  const languages = Object.entries(LANGUAGES).map(([language, module]) => [language, filesBeside(module)]);
  const html = typeof index.source === "string" ? index.source : new TextDecoder().decode(index.source);
  if (!html.includes(SCRIPT)) throw new Error("index.html does not load page-files.js.");
  const data = JSON.stringify({ pages, languages: Object.fromEntries(languages) }).replaceAll("<", "\\u003c");
  index.source = html.replace(
    SCRIPT,
    () => `<script type="application/json" id="page-files">${data}</script>\n    ${SCRIPT}`,
  );
  for (const chunk of chunks) chunk.code = COMPILE_WHOLE + chunk.code;
}

/** A script, all that it imports, and the styles that they need. */
function filesOf(chunk: Rolldown.OutputChunk, chunks: ReadonlyMap<string, Rolldown.OutputChunk>): readonly string[] {
  const found = new Set<string>();
  const add = (one: Rolldown.OutputChunk) => {
    if (found.has(one.fileName)) return;
    found.add(one.fileName);
    for (const name of one.imports) {
      const imported = chunks.get(name);
      if (imported !== undefined) add(imported);
    }
    for (const style of one.viteMetadata?.importedCss ?? []) found.add(style);
  };
  add(chunk);
  return [...found];
}
