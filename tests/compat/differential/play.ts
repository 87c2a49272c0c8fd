import { type Case, titleOf } from "./case.ts";

/** What a server has answered, made comparable: ids by their names, times and random names masked. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One server in a session: it remembers what its own answers called things. */
export interface Player {
  readonly url: string;
  readonly names: Map<string, string>;
}

export const player = (url: string): Player => ({ url, names: new Map() });

export async function play(one: Case, at: Player): Promise<Answer> {
  const fill = (text: string) =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => at.names.get(name) ?? `{{${name}}}`);
  const body = one.body === undefined ? undefined : typeof one.body === "string" ? one.body : JSON.stringify(one.body);
  const response = await fetch(at.url + fill(one.path), {
    method: one.method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...one.headers },
    ...(body === undefined ? {} : { body: fill(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  const json = parse(text);
  for (const [name, path] of Object.entries(one.save ?? { [`made by ${titleOf(one)}`]: "experiment_id" })) {
    const value = path.split(".").reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), json);
    if (typeof value === "string") at.names.set(name, value);
  }
  return { status: response.status, body: isObject(json) ? masked(parse(withNames(text, at.names))) : "" };
}

/** Pages and plain texts are for people; programs read JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Ids are random, or (of experiments) count what each server has created before. */
function withNames(text: string, names: ReadonlyMap<string, string>): string {
  let out = text;
  for (const [name, value] of names) {
    const called = `<${name.replace(/[^\w :'{},.-]/g, "_")}>`;
    out =
      value.length >= 16
        ? out.replaceAll(value, called)
        : out.replaceAll(
            new RegExp(`("experiment_id": ?"|mlflow-artifacts:/|id=|with id |The experiment )${value}(?=["/ ])`, "g"),
            `$1${called}`,
          );
  }
  return out.replace(/(m-)?\b[0-9a-f]{32}\b/g, "<$1id>");
}

const RANDOM_NAME = /^[a-z]+-[a-z]+-\d{1,3}$/;
const THIS_CENTURY = 1_600_000_000_000;

/** Times that the server itself has set are near now; those of a case are small. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value === "number") return value > THIS_CENTURY && value < 2 * THIS_CENTURY ? "<time>" : value;
  if (typeof value === "string") return RANDOM_NAME.test(value) ? "<random name>" : value;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
