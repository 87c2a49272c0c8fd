export type FileKind = "image" | "svg" | "json" | "csv" | "html" | "parquet" | "text" | "other";

const KINDS: readonly (readonly [kind: FileKind, endings: RegExp])[] = [
  ["svg", /\.svg$/],
  ["image", /\.(png|jpe?g|gif|webp|bmp)$/],
  ["json", /\.(json|geojson)$/],
  ["csv", /\.(csv|tsv)$/],
  ["html", /\.html?$/],
  ["parquet", /\.parquet$/],
  ["text", /\.(txt|md|ya?ml|log|py|ts|js|mjs|sh|sql|toml|cfg|ini|conf|xml|diff|patch|r|scala|java|css|jsonl|ndjson)$/],
  ["text", /(^|\/)(mlmodel|mlproject|dockerfile|makefile|readme|license)$/],
];

/** How to show a file, by its name. */
export function fileKind(path: string): FileKind {
  const name = path.toLowerCase();
  return KINDS.find(([, endings]) => endings.test(name))?.[0] ?? "other";
}

export const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The folders above a path, outermost first: `a/b/c.txt` has `a` and `a/b`. */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}
