/** What looks like a secret. It says where, and never what. */

import type { ReadImage } from "./image-reader.ts";

const NAMES =
  /(^|[_.-])(pass(word|wd|phrase)?|pwd|secrets?|token|api_?key|access_?key(_?id)?|private_?key|signing_?key|credentials?|auth)([_.-]|$)/i;

const VALUES: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/,
  /\bdapi[0-9a-f]{32}\b/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  // A name and a password in an address.
  /:\/\/[^/\s:@]+:[^/\s@]+@/,
];

/** `NAME=VALUE` pairs within a line, as a builder writes its arguments into the history. */
const PAIRS = /([A-Za-z_][A-Za-z0-9_.-]*)=(\S+)/g;

const isSecret = (name: string, value: string): boolean =>
  value !== "" && (NAMES.test(name) || VALUES.some((pattern) => pattern.test(value)));

/** Of the config: variables, labels, history. */
export function secretsIn({ env, labels, history }: Pick<ReadImage, "env" | "labels" | "history">): readonly string[] {
  const variables = env.flatMap((pair) => {
    const cut = pair.indexOf("=");
    return isSecret(pair.slice(0, cut), pair.slice(cut + 1)) ? [`the variable ${pair.slice(0, cut)}`] : [];
  });
  const labelled = Object.entries(labels).flatMap(([name, value]) =>
    isSecret(name, value) ? [`the label ${name}`] : [],
  );
  const said = history.flatMap((line, at) =>
    VALUES.some((pattern) => pattern.test(line)) ||
    [...line.matchAll(PAIRS)].some(([, name = "", value = ""]) => isSecret(name, value))
      ? [`line ${at + 1} of the history`]
      : [],
  );
  return [...variables, ...labelled, ...said];
}

const FILES =
  /(^|\/)(\.env(\.[a-z]+)?|\.netrc|\.npmrc|\.pypirc|\.pgpass|\.git-credentials|\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)|[^/]+\.(p12|pfx|jks|key))$|(^|\/)(\.aws\/credentials|\.docker\/config\.json|\.kube\/config|\.databrickscfg)$/;

/** A file that programs keep secrets in, by its name. Folders of packages have test data of such names. */
export const secretFile = (path: string): boolean => FILES.test(path) && !/(^|\/)(tests?|testdata)\//.test(path);
