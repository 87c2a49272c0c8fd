/** How an artifact is presented to a browser: its type, its name, and never as something that may run. */

const TEXT_NAMES = new Set(
  "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel MLproject".split(
    " ",
  ),
);
const TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
  bmp: "image/bmp",
  html: "text/html",
  htm: "text/html",
  pdf: "application/pdf",
  zip: "application/zip",
  gz: "application/gzip",
  parquet: "application/vnd.apache.parquet",
  mp4: "video/mp4",
  mp3: "audio/mpeg",
  wav: "audio/x-wav",
};

export function contentType(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  const extension = dot < 0 ? name : name.slice(dot + 1);
  if (TEXT_NAMES.has(extension)) return "text/plain";
  return TYPES[extension.toLowerCase()] ?? "application/octet-stream";
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** RFC 6266: a plain name for old clients and the exact one in UTF-8. */
export function attachment(path: string): string {
  const name = baseName(path);
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const exact = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return plain === name
    ? `attachment; filename="${name}"`
    : `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}

/** Files come from users: a browser must not run them on this origin, whatever their type. */
export const ARTIFACT_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
  "cache-control": "no-cache",
};
