/**
 * Names of images by Docker's grammar: `pix`, `me/pix:3`, `ghcr.io/me/pix@sha256:…`, `localhost:5000/pix:v1`. Without a host it is
 * Docker Hub's, and there a name without a slash is below `library/`.
 */

import { invalid } from "@esteira/core/errors";
import { DIGEST } from "../oci/digest.ts";

export interface Repository {
  /** Host and port, as people write it: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** Its path there: `library/node`. */
  readonly repository: string;
}

export interface ImageReference extends Repository {
  readonly tag?: string;
  readonly digest?: string;
}

const HUB = "docker.io";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9A-Fa-f:]+\\])(?::([0-9]{1,5}))?$`);
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${PART}(?:/${PART})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** @throws EsteiraError INVALID_PARAMETER_VALUE with the part that is wrong */
export function parseReference(text: string): ImageReference {
  const refuse = (why: string) => invalid(`'${text.slice(0, 300)}' is no image name: ${why}.`);
  const [named, digest, ...more] = text.split("@");
  if (named === undefined || named === "") throw refuse("expected [HOST/]REPOSITORY[:TAG][@sha256:DIGEST]");
  if (more.length > 0) throw refuse("it has two digests");
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw refuse("its digest must be sha256: and 64 hexadecimal digits");
  }
  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  const isHost = first === "localhost" || /[.:A-Z]/.test(first);
  const rest = isHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(":");
  const [path, tag] = colon < 0 ? [rest] : [rest.slice(0, colon), rest.slice(colon + 1)];
  if (tag !== undefined && !TAG.test(tag)) {
    throw refuse(
      `the tag '${tag}' must be of letters, digits, _, . and -, 128 at most, and begin with none of . and -`,
    );
  }
  const host = isHost ? first : HUB;
  const port = HOST.exec(host);
  if (port === null || Number(port[1] ?? 1) > 65_535 || Number(port[1] ?? 1) < 1) {
    throw refuse(`'${host}' is no host, or has no valid port`);
  }
  const registry = host === "index.docker.io" ? HUB : host;
  const repository = registry === HUB && !path.includes("/") ? `library/${path}` : path;
  if (!REPOSITORY.test(repository) || repository.length > 255) {
    const small = repository.toLowerCase();
    const hint = small !== repository && REPOSITORY.test(small) ? `: '${small}' would do` : "";
    throw refuse(
      `the repository '${path}' must be of small letters and digits, with single . _ - or / between them, 255 at most${hint}`,
    );
  }
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** With its host, so that nothing has to guess. */
export const printReference = ({ registry, repository, tag, digest }: ImageReference): string =>
  `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;

/** What a registry is asked for: the digest where there is one, else the tag, else `latest`. */
export const versionOf = ({ tag, digest }: ImageReference): string => digest ?? tag ?? "latest";

/** Only this machine is spoken to without TLS. */
export function isLoopback(host: string): boolean {
  const name = (host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : host.split(":")[0])?.toLowerCase() ?? "";
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Where a registry's API is. */
export const apiOf = (registry: string): URL =>
  new URL(
    registry === HUB ? "https://registry-1.docker.io" : `${isLoopback(registry) ? "http" : "https"}://${registry}`,
  );

/** The name under which credentials of a registry are kept. */
export const credentialKey = (registry: string): string =>
  registry === HUB ? "https://index.docker.io/v1/" : registry;
