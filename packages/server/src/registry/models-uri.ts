export type ModelsUri =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "version"; readonly name: string; readonly version: string }
  | { readonly kind: "alias"; readonly name: string; readonly alias: string }
  /** The newest version, of one stage or (without a stage) of all. */
  | { readonly kind: "latest"; readonly name: string; readonly stage?: string };

/** Reads `models:/m-id`, `models:/name/3`, `models:/name@alias`, `models:/name/Production`, `models:/name/latest`. */
export function parseModelsUri(uri: string): ModelsUri | undefined {
  const path = /^models:\/([^/].*)$/.exec(uri)?.[1];
  if (path === undefined) return undefined;
  const [name = "", suffix, ...more] = path.split("/");
  if (more.length > 0 || name.trim() === "") return undefined;
  if (suffix === undefined) {
    const at = name.lastIndexOf("@");
    if (at < 0) return { kind: "id", id: name };
    const alias = name.slice(at + 1);
    return alias.trim() === "" || at === 0 ? undefined : { kind: "alias", name: name.slice(0, at), alias };
  }
  if (suffix.trim() === "") return undefined;
  if (/^\d+$/.test(suffix)) return { kind: "version", name, version: suffix };
  return suffix.toLowerCase() === "latest" ? { kind: "latest", name } : { kind: "latest", name, stage: suffix };
}
