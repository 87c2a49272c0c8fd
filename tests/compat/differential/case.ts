import type { OwnName } from "./own-answers.ts";

/** One call that both servers get. `{{name}}` in path and body stands for a value that an earlier answer gave. */
export interface Case {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  /** Sent as JSON; a text is sent as it stands. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Names for values of the answer, by their path in it: `{ run: "run.info.run_id" }`. */
  readonly save?: Readonly<Record<string, string>>;
  /** The field that holds a value of the wrong kind. */
  readonly spoilt?: string;
  /** A list of the answer that has no order, by its path in it. */
  readonly unordered?: string;
  /** Where this server means to answer otherwise: a row of `own-answers.ts`. */
  readonly own?: OwnName;
}

type More = Pick<Case, "save" | "own" | "headers" | "unordered">;
const M = "/api/2.0/mlflow";

export const get = (path: string, query: Readonly<Record<string, Query>> = {}, more: More = {}): Case => ({
  method: "GET",
  path: M + path + queryText(query),
  ...more,
});
export const post = (path: string, body: unknown, more: More = {}): Case => ({
  method: "POST",
  path: M + path,
  body,
  ...more,
});
export const patch = (path: string, body: unknown, more: More = {}): Case => ({
  method: "PATCH",
  path: M + path,
  body,
  ...more,
});
export const remove = (path: string, body: unknown, more: More = {}): Case => ({
  method: "DELETE",
  path: M + path,
  body,
  ...more,
});

type Query = string | number | readonly string[];

function queryText(query: Readonly<Record<string, Query>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((one) => `${name}=${encodeURIComponent(String(one)).replace(/%7B%7B|%7D%7D/g, decodeURIComponent)}`),
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

const SHOWN = 160;

/** What a report calls the case. */
export function titleOf({ method, path, body }: Case): string {
  const text = body === undefined ? "" : ` ${typeof body === "string" ? body : JSON.stringify(body)}`;
  return `${method} ${path}${text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length})` : text}`;
}
