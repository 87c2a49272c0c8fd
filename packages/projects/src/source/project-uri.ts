import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid, notFound } from "@esteira/core/errors";

/** Where a project is: a folder of this machine, or a git repository with the project's folder in it. */
export type ProjectUri =
  | { readonly kind: "folder"; readonly folder: string; readonly inside: string }
  | { readonly kind: "git"; readonly address: string; readonly inside: string };

/**
 * Reads what a user gives as a project: a path, `file://PATH`, or an address that git knows (`https://...`, `ssh://...`,
 * `user@host:path`), each with `#FOLDER` for a folder in it.
 *
 * @param cwd what a relative path begins at.
 */
export function parseProjectUri(uri: string, cwd: string): ProjectUri {
  const plain = uri.replace(/^['"]+|['"]+$/g, "");
  if (isFolder(resolve(cwd, plain))) return { kind: "folder", folder: resolve(cwd, plain), inside: "" };
  const [base = "", ...rest] = plain.split("#");
  const inside = rest.join("#").replace(/\/+$/, "");
  if (inside.startsWith("/") || inside.split("/").some((part) => part === ".." || part === "."))
    throw invalid(`The folder '${inside}' in '${uri}' leads out of the project: expected a path below its root.`);
  if (base.startsWith("file:")) return { kind: "folder", folder: folderOf(fileURLToPath(new URL(base)), uri), inside };
  if (isFolder(resolve(cwd, base))) return { kind: "folder", folder: resolve(cwd, base), inside };
  if (/\.zip$/i.test(base))
    throw invalid(`'${uri}' is a zip file, which is not taken here: unpack it, and give its folder.`);
  if (/^(?:https?|ssh|git|git\+ssh):\/\/./.test(base) || /^[\w.-]+@[\w.-]+:./.test(base))
    return { kind: "git", address: base, inside };
  throw notFound(
    `There is no folder '${base}', and it is no address of a git repository (https://HOST/PATH, ssh://HOST/PATH or USER@HOST:PATH).`,
  );
}

function folderOf(path: string, uri: string): string {
  if (isFolder(path)) return path;
  throw notFound(`There is no folder ${path}, which '${uri}' names.`);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
