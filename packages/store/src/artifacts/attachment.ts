const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** `Content-Disposition` (RFC 6266) of a download: a plain name for old clients and the exact one in UTF-8. */
export function attachment(path: string): string {
  const name = baseName(path);
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const exact = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return plain === name
    ? `attachment; filename="${name}"`
    : `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
