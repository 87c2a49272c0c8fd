import { isDeepStrictEqual } from "node:util";
import type { Question } from "./requests.ts";

export interface Reply {
  readonly status: number;
  /** The JSON of the answer; its text when it is none. */
  readonly body: unknown;
}

export async function ask(server: string, { method, path, input }: Question): Promise<Reply> {
  const url = new URL(server + (path.startsWith("/ajax-api") ? path : `/api/2.0/mlflow${path}`));
  if (method === "GET") {
    for (const [name, value] of Object.entries(input)) {
      for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
    }
  }
  const response = await fetch(url, {
    method,
    ...(method === "GET" ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(input) }),
  });
  const text = await response.text();
  try {
    // Two of MLflow's routes write NaN as no JSON may have it.
    return { status: response.status, body: unordered(JSON.parse(text.replaceAll(/:NaN\b/g, ':"NaN"'))) };
  } catch {
    return { status: response.status, body: text };
  }
}

/** MLflow reads these lists without an order, so any order of theirs is right. */
const UNORDERED = new Set(["latest_versions", "dataset_summaries"]);

function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      UNORDERED.has(key) && Array.isArray(item)
        ? item.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        : unordered(item),
    ]),
  );
}

const faultOf = ({ body }: Reply): { code?: unknown; message: string } => {
  if (typeof body !== "object" || body === null || !("error_code" in body)) return { message: "" };
  return { code: body.error_code, message: "message" in body ? plain(String(body.message)) : "" };
};

/** MLflow prints Python sets, whose order changes from process to process, and leaves some brackets open. */
const plain = (message: string): string =>
  message
    .replace(/'?\{('[^']*'(?:, '[^']*')*)\}'?/g, (_, names: string) => `{${names.split(", ").sort().join(", ")}}`)
    .trim();

/** A text that is no filter at all: what MLflow says about it follows from how its tokenizer happened to cut it. */
const UNREADABLE =
  /^Invalid (clause\(s\) in filter string|comparison clause|order_by clause|ordering key|attribute key '[A-Z]*')/;

const sameFault = (ours: string, theirs: string): boolean =>
  ours.startsWith(theirs) || (UNREADABLE.test(ours) && UNREADABLE.test(theirs));

/**
 * How the two answers differ, or undefined when they agree: the same JSON; the same fault, which ours may word further
 * than MLflow does; or a clear refusal where MLflow itself breaks (500 and an HTML page).
 */
export function difference(ours: Reply, theirs: Reply): string | undefined {
  if (theirs.status === 200) {
    if (ours.status !== 200) return `MLflow answers, ours refuses: ${JSON.stringify(ours.body)}`;
    return isDeepStrictEqual(ours.body, theirs.body)
      ? undefined
      : `answers differ at ${firstDifference(ours.body, theirs.body)}`;
  }
  const [own, other] = [faultOf(ours), faultOf(theirs)];
  if (other.code === undefined) {
    return own.code !== undefined && ours.status >= 400 && ours.status < 500
      ? undefined
      : `MLflow breaks (${theirs.status}), ours should refuse and answers ${ours.status}`;
  }
  if (ours.status !== theirs.status) return `status ${ours.status}, MLflow's is ${theirs.status} (${other.message})`;
  if (own.code !== other.code) return `${String(own.code)}, MLflow's is ${String(other.code)}: ${other.message}`;
  return sameFault(own.message, other.message) ? undefined : `"${own.message}"\n  MLflow: "${other.message}"`;
}

function firstDifference(ours: unknown, theirs: unknown, path = "$"): string {
  if (isDeepStrictEqual(ours, theirs)) return "";
  if (typeof ours === "object" && typeof theirs === "object" && ours !== null && theirs !== null) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const found = firstDifference(Reflect.get(ours, key), Reflect.get(theirs, key), `${path}.${key}`);
      if (found !== "") return found;
    }
  }
  return `${path}: ${shown(ours)} and MLflow's ${shown(theirs)}`;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 200);
