/** How an artifact is presented to a browser: its type, its name, and never as something that may run. */

/** What MLflow's pages show as text, by the exact name or extension. */
const TEXT_NAMES = new Set(
  "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel MLproject".split(
    " ",
  ),
);

const EXTENSIONS: Readonly<Record<string, string>> = {
  "application/javascript": "mjs",
  "application/json": "json",
  "application/msword": "doc",
  "application/pdf": "pdf",
  "application/postscript": "ps eps",
  "application/vnd.ms-excel": "xls",
  "application/vnd.ms-powerpoint": "ppt",
  "application/wasm": "wasm",
  "application/x-hdf": "hdf",
  "application/x-hdf5": "h5",
  "application/x-netcdf": "nc cdf",
  "application/x-sh": "sh",
  "application/x-tar": "tar",
  "application/xml": "xsl rdf",
  "application/zip": "zip",
  "audio/aac": "aac",
  "audio/mpeg": "mp3",
  "audio/opus": "opus",
  "audio/x-wav": "wav",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/jpeg": "jpg jpeg jpe",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tif tiff",
  "image/vnd.microsoft.icon": "ico",
  "image/webp": "webp",
  "message/rfc822": "eml mht mhtml",
  "text/css": "css",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/markdown": "md",
  "text/plain": "txt c h pl bat",
  "text/tab-separated-values": "tsv",
  "text/vtt": "vtt",
  "text/x-python": "py",
  "text/xml": "xml",
  "video/mp4": "mp4",
  "video/mpeg": "mpg mpeg",
  "video/quicktime": "mov",
  "video/webm": "webm",
  "video/x-msvideo": "avi",
};
const TYPES = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, names]) => names.split(" ").map((name) => [name, type] as const)),
);
/** What is packed has the type of what is inside. */
const PACKED = /\.(gz|Z|bz2|xz|br)$/;
const SHORT: Readonly<Record<string, string>> = {
  tgz: "tar",
  taz: "tar",
  tz: "tar",
  tbz2: "tar",
  txz: "tar",
  svgz: "svg",
};

export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (TEXT_NAMES.has(extensionOf(name) || name)) return "text/plain";
  const extension = extensionOf(name.replace(PACKED, "")).toLowerCase();
  return TYPES.get(SHORT[extension] ?? extension) ?? "application/octet-stream";
}

/** As Python's: a name that only begins with a dot has none. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1);
}

/** Files come from users: a browser must not run them on this origin, whatever their type. */
export const ARTIFACT_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
  "cache-control": "no-cache",
};
