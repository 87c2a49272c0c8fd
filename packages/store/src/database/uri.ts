import { isAbsolute, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";

export const MEMORY = ":memory:";

/** Where a store is, as `--backend-store-uri` says it. */
export type BackendUri = { readonly kind: "sqlite"; readonly path: string } | PostgresUri;

export interface PostgresUri {
  readonly kind: "postgres";
  readonly user?: string;
  readonly password?: string;
  /** A host name, an address, or the folder of a socket. */
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  /** libpq's options, such as `sslmode`. */
  readonly options: ReadonlyMap<string, string>;
}

/** `//user:password@host:port/database?options` as SQLAlchemy cuts it: a password may hold a slash. */
const POSTGRES =
  /^postgres(?:ql)?(?:\+\w+)?:\/\/(?:(?<user>[^:/@]*)(?::(?<password>[^@]*))?@)?(?:\[(?<address>[^\]/?]+)\]|(?<host>[^:/?,]*))(?::(?<port>\d+))?(?:\/(?<database>[^?/]*))?(?:\?(?<options>.*))?$/;

/**
 * Reads SQLAlchemy's database URIs, as MLflow takes them: `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://` for
 * one in memory; `postgresql://user:password@host:port/database?sslmode=require`, with or without a driver's name.
 */
export function parseBackendUri(uri: string): BackendUri {
  if (uri === "sqlite://" || uri === `sqlite:///${MEMORY}`) return { kind: "sqlite", path: MEMORY };
  const path = /^sqlite:\/\/\/([^?#]+)$/.exec(uri)?.[1];
  if (path !== undefined) return { kind: "sqlite", path: isAbsolute(path) ? path : resolve(path) };
  const parts = POSTGRES.exec(uri)?.groups;
  if (parts === undefined) {
    throw invalid(
      `Unsupported backend store URI '${withoutPassword(uri)}'; use sqlite:///file.db (relative), sqlite:////path/file.db (absolute) or postgresql://user:password@host:port/database.`,
    );
  }
  const options = new Map(new URLSearchParams(parts.options ?? ""));
  const given = (name: string): string | undefined => decoded(parts[name]) ?? (options.get(name) || undefined);
  const port = given("port");
  return {
    kind: "postgres",
    ...defined("user", given("user")),
    ...defined("password", given("password")),
    ...defined("host", decoded(parts.address) ?? given("host")),
    ...defined("port", port === undefined ? undefined : Number(port)),
    ...defined("database", given("database") ?? options.get("dbname")),
    options,
  };
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign in a password stands for itself, as Python's unquote has it.
    return text;
  }
}

const defined = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V });

/** A URI as messages and logs may show it. */
export const withoutPassword = (uri: string): string =>
  uri.replace(/\/\/.*@/s, "//***@").replace(/([?&]password=)[^&]*/gi, "$1***");
