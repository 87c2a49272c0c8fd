import { isDeepStrictEqual } from "node:util";
import type { Case } from "./case.ts";
import { OWN_ANSWERS, type OwnAnswer } from "./own-answers.ts";
import type { Answer } from "./play.ts";

/** Undefined when the two answers agree, or when ours is what it means to be where they differ; else what is wrong. */
export function disagreement(one: Case, theirs: Answer, ours: Answer): string | undefined {
  if (ours.status >= 500 && ours.status !== theirs.status) return `ours is a fault of the server: ${shown(ours)}`;
  if (one.own !== undefined) {
    const own: OwnAnswer = OWN_ANSWERS[one.own];
    return matches(ours, own) ? undefined : `expected '${one.own}': ${own.says} Ours is ${shown(ours)}`;
  }
  if (isDeepStrictEqual(ordered(one, theirs), ordered(one, ours))) return undefined;
  if (one.spoilt !== undefined && (isRefusalOf(one.spoilt, ours) || theirs.status >= 500)) return undefined;
  if (quotesDatabase(theirs) && theirs.status === ours.status && codeOf(theirs) === codeOf(ours)) return undefined;
  return `theirs ${shown(theirs)}\n  ours   ${shown(ours)}`;
}

/** The answer with the list at `unordered` in an order of its own. */
function ordered({ unordered }: Case, answer: Answer): Answer {
  return unordered === undefined ? answer : { ...answer, body: sorted(answer.body, unordered.split(".")) };
}

function sorted(value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(item)).sort();
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return value;
  return { ...value, [key]: sorted(Reflect.get(value, key), rest) };
}

const matches = ({ status, body }: Answer, own: OwnAnswer): boolean =>
  status === own.status &&
  (own.errorCode === undefined || codeOf({ status, body }) === own.errorCode) &&
  (own.message === undefined || own.message.test(messageOf({ status, body })));

/** A value of the wrong kind is refused by the name of its field. */
function isRefusalOf(field: string, { status, body }: Answer): boolean {
  if (status !== 400 || codeOf({ status, body }) !== "INVALID_PARAMETER_VALUE") return false;
  const message = messageOf({ status, body });
  return /^(Invalid|Missing) /.test(message) && message.includes(field);
}

/** A constraint's fault is told in the words of the database that is behind the server. */
const quotesDatabase = (answer: Answer): boolean => /\[SQL: |IntegrityError/.test(messageOf(answer));

const field = (answer: Answer, name: string): string => {
  const value = typeof answer.body === "object" && answer.body !== null ? Reflect.get(answer.body, name) : undefined;
  return typeof value === "string" ? value : "";
};
const codeOf = (answer: Answer): string => field(answer, "error_code");
const messageOf = (answer: Answer): string => field(answer, "message");

const SHOWN = 600;
function shown({ status, body }: Answer): string {
  const text = JSON.stringify(body);
  return `${status} ${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}`;
}
