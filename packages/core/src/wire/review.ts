import { z } from "zod";
import {
  JUDGEMENTS,
  type JudgedAlert,
  type JudgementChange,
  REVIEW_STATES,
  type Review,
  type ReviewableAlert,
  type ReviewList,
} from "../entities/review.ts";

const judgement = z.enum(JUDGEMENTS);

const reasonWire = z.object({ feature: z.string(), contribution: z.number(), value: z.string().exactOptional() });

const alertFields = z.object({
  decision_id: z.string(),
  version: z.string(),
  decided_at: z.int(),
  event_at: z.int().exactOptional(),
  score: z.number(),
  threshold: z.number().exactOptional(),
  amount: z.number().exactOptional(),
  arm: z.string().exactOptional(),
  subjects: z.array(z.string()),
  reasons: z.array(reasonWire),
  hint: z.string().exactOptional(),
  known: z.object({ label: z.enum(["fraud", "legitimate"]), source: z.string() }).exactOptional(),
  erased: z.literal(true).exactOptional(),
});

export const reviewWire = alertFields
  .extend({
    state: z.enum(REVIEW_STATES),
    revision: z.int(),
    judged_by: z.string().exactOptional(),
    judged_at: z.int().exactOptional(),
    typology: z.string().exactOptional(),
    note: z.string().exactOptional(),
    held: z.object({ by: z.string(), holder: z.string() }).exactOptional(),
  })
  .transform(
    ({ decision_id, decided_at, event_at, judged_by, judged_at, ...same }): Review => ({
      ...same,
      ...{ decisionId: decision_id, decidedAt: decided_at },
      ...(event_at === undefined ? {} : { eventAt: event_at }),
      ...(judged_by === undefined ? {} : { judgedBy: judged_by }),
      ...(judged_at === undefined ? {} : { judgedAt: judged_at }),
    }),
  );

const facet = z.object({ value: z.string(), count: z.int() });

export const reviewListWire = z
  .object({
    queue: z
      .object({
        capacity: z.int().exactOptional(),
        currency: z.string(),
        filled_at: z.int(),
        filled_by: z.string(),
      })
      .exactOptional(),
    counts: z.object({
      states: z.record(z.enum(REVIEW_STATES), z.int()),
      oldest_waiting: z.int().exactOptional(),
      risk_waiting: z.number(),
      arrived: z.int(),
      judged: z.int(),
    }),
    reviews: z.array(reviewWire),
    matching: z.int(),
    versions: z.array(facet),
    reasons: z.array(facet),
  })
  .transform(({ queue, counts, ...same }): ReviewList => {
    const { oldest_waiting, risk_waiting, ...figures } = counts;
    return {
      ...same,
      counts: {
        ...{ ...figures, riskWaiting: risk_waiting },
        ...(oldest_waiting === undefined ? {} : { oldestWaiting: oldest_waiting }),
      },
      ...(queue === undefined
        ? {}
        : {
            queue: {
              ...{ currency: queue.currency, filledAt: queue.filled_at, filledBy: queue.filled_by },
              ...(queue.capacity === undefined ? {} : { capacity: queue.capacity }),
            },
          }),
    };
  });

export const judgementChangeWire = z
  .object({
    revision: z.int(),
    judgement: judgement.exactOptional(),
    typology: z.string().exactOptional(),
    note: z.string().exactOptional(),
    by: z.string(),
    at: z.int(),
  })
  .transform((wire): JudgementChange => wire);

export const judgedAlertWire = z
  .object({
    decision_id: z.string(),
    revision: z.int(),
    decided_at: z.int(),
    judgement,
    typology: z.string().exactOptional(),
    judged_at: z.int(),
  })
  .transform(
    ({ decision_id, decided_at, judged_at, ...same }): JudgedAlert => ({
      ...same,
      ...{ decisionId: decision_id, decidedAt: decided_at, judgedAt: judged_at },
    }),
  );

export function alertToWire(alert: ReviewableAlert): z.input<typeof alertFields> {
  const { decisionId, decidedAt, eventAt, subjects, reasons, ...same } = alert;
  return {
    ...same,
    ...{ decision_id: decisionId, decided_at: decidedAt, subjects: [...subjects], reasons: [...reasons] },
    ...(eventAt === undefined ? {} : { event_at: eventAt }),
  };
}

export function reviewToWire(review: Review): z.input<typeof reviewWire> {
  const { judgedBy, judgedAt, state, revision, typology, note, held, ...alert } = review;
  return {
    ...{ ...alertToWire(alert), state, revision },
    ...(judgedBy === undefined ? {} : { judged_by: judgedBy }),
    ...(judgedAt === undefined ? {} : { judged_at: judgedAt }),
    ...(typology === undefined ? {} : { typology }),
    ...(note === undefined ? {} : { note }),
    ...(held === undefined ? {} : { held }),
  };
}

export function reviewListToWire(list: ReviewList): z.input<typeof reviewListWire> {
  const { queue, counts, reviews, matching } = list;
  const { oldestWaiting, riskWaiting, states, arrived, judged } = counts;
  return {
    matching,
    versions: [...list.versions],
    reasons: [...list.reasons],
    reviews: reviews.map(reviewToWire),
    counts: {
      ...{ states, arrived, judged, risk_waiting: riskWaiting },
      ...(oldestWaiting === undefined ? {} : { oldest_waiting: oldestWaiting }),
    },
    ...(queue === undefined
      ? {}
      : {
          queue: {
            ...{ currency: queue.currency, filled_at: queue.filledAt, filled_by: queue.filledBy },
            ...(queue.capacity === undefined ? {} : { capacity: queue.capacity }),
          },
        }),
  };
}

export const judgedAlertToWire = ({
  decisionId,
  decidedAt,
  judgedAt,
  ...same
}: JudgedAlert): z.input<typeof judgedAlertWire> => ({
  ...same,
  ...{ decision_id: decisionId, decided_at: decidedAt, judged_at: judgedAt },
});
