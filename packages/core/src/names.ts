import { invalid } from "./errors.ts";

/** MLflow's limits, in characters. */
export const LIMITS = {
  key: 250,
  paramValue: 6000,
  tagValue: 8000,
  experimentName: 500,
  experimentTagValue: 20_000,
  artifactLocation: 2048,
  registryTagValue: 100_000,
  alias: 255,
  datasetName: 500,
  datasetDigest: 36,
  datasetSourceType: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
  batchMetrics: 1000,
  batchParams: 100,
  batchTags: 100,
  batchTotal: 1000,
} as const;

const KEY = /^[/\p{L}\p{N}_.\- :]*$/u;
const ALIAS = /^[\p{L}\p{N}_-]*$/u;
const FORBIDDEN_IN_LOGGED_MODEL = ["/", ":", ".", "%", '"', "'"];

/** What a POSIX path means once `.`, `..` and repeated slashes are taken away; "" means ".". */
export function normalizePath(path: string): string {
  const absolute = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (part !== ".." || !absolute) kept.push(part);
  }
  const joined = kept.join("/");
  return absolute ? `/${joined}` : joined || ".";
}

/** Keys of metrics, params and tags. `where` names the field in the message; batches are long, so it is asked only for one. */
export function checkKey(key: string, where: () => string = () => "key"): void {
  const refusal = (reason: string) =>
    invalid(`Invalid value ${JSON.stringify(key)} for parameter '${where()}' supplied: ${reason}`);
  if (!KEY.test(key)) {
    throw refusal(
      "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
    );
  }
  // A path of one part means itself.
  if (key !== "" && !key.includes("/") && !key.startsWith(".")) return;
  const resolved = normalizePath(key);
  if (resolved !== key || resolved === "." || resolved.startsWith("..") || resolved.startsWith("/")) {
    throw refusal(
      `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${resolved}'`,
    );
  }
}

/** Counts code points, as MLflow does: an emoji is one character. */
const characters = (text: string, limit: number): number => (text.length <= limit ? text.length : [...text].length);

export const isLonger = (text: string, limit: number): boolean => characters(text, limit) > limit;

export function checkLength(what: string, limit: number, text: string): void {
  if (isLonger(text, limit)) throw invalid(`'${what}' exceeds the maximum length of ${limit} characters`);
}

/** MLflow cuts long values of params and run tags instead of refusing them. */
export const truncate = (text: string, limit: number): string =>
  isLonger(text, limit) ? [...text].slice(0, limit).join("") : text;

/** "" for a single entry, "metrics[3]." for one of a batch: MLflow's way to point at a field. */
export const fieldPath = (list: string, index: number | undefined, field: string): string =>
  index === undefined ? field : `${list}[${index}].${field}`;

export function checkExperimentName(name: string): void {
  if (name === "") throw invalid("Invalid experiment name: ''");
  checkLength("name", LIMITS.experimentName, name);
}

export function checkModelName(name: string, where = "name"): void {
  if (name.trim() === "") {
    throw invalid(`Missing value for required parameter '${where}'.`);
  }
  if (name.includes("/") || name.includes(":")) {
    throw invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  }
  if (name === "." || name === "..") {
    throw invalid(
      `Invalid value ${JSON.stringify(name)} for parameter 'name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${name}'`,
    );
  }
}

/** A text as Python shows it in MLflow's messages. */
const quoted = (text: string): string => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text}'`);

export function checkLoggedModelName(name: string): void {
  if (FORBIDDEN_IN_LOGGED_MODEL.some((char) => name.includes(char))) {
    throw invalid(
      `Invalid model name (${quoted(name)}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  }
}

/** Names that may be looked up. */
export function checkAlias(alias: string): void {
  if (alias === "") throw invalid("Registered model alias name cannot be empty.");
  if (!ALIAS.test(alias)) {
    throw invalid(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  checkLength("Registered model alias name", LIMITS.alias, alias);
}

/** Names that may be set: `latest` and `v<digits>` have a meaning of their own. */
export function checkNewAlias(alias: string): void {
  checkAlias(alias);
  if (alias.toLowerCase() === "latest") throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^[vV]\d+$/.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
}

/** The number of a model version: decimal text on the wire. */
export function parseVersion(version: string): number {
  const number = /^\s*[+-]?\d+\s*$/.test(version) ? Number(version) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw invalid(`Parameter 'version' must be an integer, got '${version}'.`);
  return number;
}

export function parseExperimentId(id: string): number {
  const number = /^\s*[+-]?\d+\s*$/.test(id) ? Number(id) : Number.NaN;
  if (!Number.isSafeInteger(number)) {
    throw invalid(`Invalid experiment ID '${id}'. Experiment ID must be a valid integer.`);
  }
  return number;
}
