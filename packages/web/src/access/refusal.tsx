import { EsteiraError } from "@esteira/core/errors";
import type { Catalogue } from "../i18n/en.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";

/** Why a form was not taken: a sentence of ours where there is one, else the server's own words. */
export function Refusal({ error, unauthenticated }: { error: unknown; unauthenticated?: string }) {
  const text = useText();
  if (error === null || error === undefined) return null;
  return (
    <p className={classes.problem} role="alert">
      {sentence(error, text, unauthenticated)}
    </p>
  );
}

function sentence(error: unknown, text: Catalogue, unauthenticated: string | undefined): string {
  if (!(error instanceof EsteiraError)) return text.failure.other;
  if (error.code === "UNAUTHENTICATED" && unauthenticated !== undefined) return unauthenticated;
  if (error.code === "REQUEST_LIMIT_EXCEEDED") return text.access.tooMany;
  if (error.code === "TEMPORARILY_UNAVAILABLE") return text.failure.unreachable;
  const own = KNOWN.find(([words]) => error.message.includes(words));
  return own === undefined ? error.message : text.access.refusals[own[1]];
}

/** The server's words for what a person can mend, which are English. */
const KNOWN: readonly (readonly [words: string, key: keyof Catalogue["access"]["refusals"]])[] = [
  ["Current password does not match", "currentWrong"],
  ["must differ from the current", "sameAsBefore"],
  ["must differ from the username", "sameAsName"],
  ["tried first", "common"],
  ["already exists", "nameTaken"],
  ["Username must", "badName"],
];
