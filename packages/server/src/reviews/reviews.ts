import { JUDGEMENTS, REVIEW_ORDERS, REVIEW_STATES } from "@esteira/core/entities/review";
import { invalid } from "@esteira/core/errors";
import {
  judgedAlertToWire,
  judgedAlertWire,
  judgementChangeWire,
  reviewListToWire,
  reviewListWire,
  reviewToWire,
  reviewWire,
} from "@esteira/core/wire/review";
import type { ReviewStore } from "@esteira/store/review/reviews";
import { z } from "zod";
import { reads, reviews as reviewing, update, use } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { double, int64, list, nonEmpty, requiredInteger, requiredText, text } from "../http/fields.ts";
import { alertFields, alertOf, checkLength } from "./alert-input.ts";

const MOST_LISTED = 500;
const LISTED = 200;
/** In one call: what fills a queue sends several. */
const MOST_TOLD = 1000;
const LONGEST = { holder: 64, typology: 128, note: 4000 };

const one = z.object({ review: reviewWire });
const named = { name: requiredText, decision_id: requiredText };

/** A word of a few, or none where it was not given. */
function oneOf<const Words extends readonly string[]>(
  field: string,
  words: Words,
  given: string | undefined,
): Words[number] | undefined {
  if (given === undefined || given === "") return undefined;
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw invalid(`'${field}' is '${given.slice(0, 40)}': expected ${words.join(", ")}.`);
}

/**
 * Alerts for analysts. Whoever may change a model's versions tells and takes away its alerts and gets what was judged; whoever may use the
 * model sees and judges them.
 */
export function reviewEndpoints(reviews: ReviewStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/reviews/put",
      policy: reviewing(update("version", "name")),
      summary: "For those who collect decisions: tell alerts that analysts are to look at; known ones are told anew",
      input: z.object({ name: requiredText, currency: requiredText, capacity: int64, alerts: list(alertFields) }),
      output: z.object({ added: z.int() }),
      run: async ({ name, currency, capacity, alerts }, _, caller) => {
        if (!/^[A-Z]{3}$/.test(currency))
          throw invalid(`'currency' is '${currency.slice(0, 40)}': expected a code of ISO 4217, for example BRL.`);
        if (capacity !== undefined && (capacity < 1 || capacity > 1_000_000))
          throw invalid(
            `'capacity' is ${capacity}: expected how many alerts the team looks at in a day, 1 to 1000000.`,
          );
        if (alerts.length > MOST_TOLD)
          throw invalid(`'alerts' has ${alerts.length} values: at most ${MOST_TOLD} are told at once.`);
        return reviews.put({ model: name, currency, capacity, alerts: alerts.map(alertOf) }, caller.actor);
      },
    }),
    endpoint({
      method: "GET",
      path: "/reviews/list",
      policy: reads(use("version", "name")),
      summary: "List the alerts of a registered model that match, with the figures of its whole queue",
      input: z.object({
        ...{ name: requiredText, state: text, version: text, reason: text },
        ...{ min_amount: double, order: text, max_results: int64 },
      }),
      output: reviewListWire,
      run: async ({ name, state, version, reason, min_amount, order, max_results = LISTED }) => {
        if (min_amount !== undefined && !Number.isFinite(min_amount))
          throw invalid("'min_amount' is no finite number: expected an amount of money.");
        if (max_results < 1 || max_results > MOST_LISTED)
          throw invalid(`'max_results' is ${max_results}: expected 1 to ${MOST_LISTED}.`);
        return reviewListToWire(
          await reviews.list({
            ...{ model: name, version: nonEmpty(version), reason: nonEmpty(reason), minAmount: min_amount },
            state: oneOf("state", REVIEW_STATES, state),
            order: oneOf("order", REVIEW_ORDERS, order) ?? "risk",
            limit: max_results,
          }),
        );
      },
    }),
    endpoint({
      method: "GET",
      path: "/reviews/get",
      policy: reads(use("version", "name")),
      summary: "Get an alert with what was judged of it, the newest first",
      input: z.object(named),
      output: one.extend({ changes: z.array(judgementChangeWire) }),
      run: async ({ name, decision_id }) => {
        const { review, changes } = await reviews.get(name, decision_id);
        return { review: reviewToWire(review), changes };
      },
    }),
    endpoint({
      method: "POST",
      path: "/reviews/hold",
      policy: reviewing(use("version", "name")),
      summary: "Say that one looks at an alert, for a few minutes: it stays another's who looks at it already",
      input: z.object({ ...named, holder: requiredText }),
      output: one,
      run: async ({ name, decision_id, holder }, _, caller) => {
        checkLength("holder", holder, LONGEST.holder);
        return {
          review: reviewToWire(await reviews.hold({ model: name, decisionId: decision_id, holder }, caller.actor)),
        };
      },
    }),
    endpoint({
      method: "POST",
      path: "/reviews/judge",
      policy: reviewing(use("version", "name")),
      summary: "Judge an alert as it was seen, or put it back: refused where another has judged it since",
      input: z.object({ ...named, revision: requiredInteger, judgement: text, typology: text, note: text }),
      output: one,
      run: async ({ name, decision_id, revision, judgement, typology, note }, _, caller) => {
        const said = {
          judgement: oneOf("judgement", JUDGEMENTS, judgement),
          ...{ typology: nonEmpty(typology), note: nonEmpty(note) },
        };
        checkLength("typology", said.typology, LONGEST.typology);
        checkLength("note", said.note, LONGEST.note);
        const judged = await reviews.judge({ model: name, decisionId: decision_id, revision, ...said }, caller.actor);
        return { review: reviewToWire(judged) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/reviews/judged",
      policy: reads(update("version", "name")),
      summary: "For those who keep labels: what was judged, by the decisions' ids, after one of them",
      input: z.object({ name: requiredText, after: text, max_results: int64 }),
      output: z.object({ judged: z.array(judgedAlertWire) }),
      run: async ({ name, after, max_results = MOST_TOLD }) => {
        if (max_results < 1 || max_results > MOST_TOLD)
          throw invalid(`'max_results' is ${max_results}: expected 1 to ${MOST_TOLD}.`);
        const found = await reviews.judged({ model: name, after: after ?? "", limit: max_results });
        return { judged: found.map(judgedAlertToWire) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/reviews/remove",
      policy: reviewing(update("version", "name")),
      summary:
        "For those who keep labels: take away alerts of before an instant that nobody has judged, and judged ones that are named as they are",
      input: z.object({
        ...{ name: requiredText, before: requiredInteger },
        judged: list(z.object({ decision_id: requiredText, revision: requiredInteger })),
      }),
      output: z.object({ removed: z.int() }),
      run: async ({ name, before, judged }) => ({
        removed: await reviews.remove({
          ...{ model: name, before },
          judged: judged.map(({ decision_id, revision }) => ({ decisionId: decision_id, revision })),
        }),
      }),
    }),
  ];
}
