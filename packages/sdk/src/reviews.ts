import type {
  JudgedAlert,
  Judgement,
  JudgementChange,
  Review,
  ReviewableAlert,
  ReviewList,
  ReviewOrder,
  ReviewState,
} from "@esteira/core/entities/review";
import {
  alertToWire,
  judgedAlertWire,
  judgementChangeWire,
  reviewListWire,
  reviewWire,
} from "@esteira/core/wire/review";
import { z } from "zod";
import type { Transport } from "./transport.ts";

const one = z.object({ review: reviewWire }).transform((wire) => wire.review);
const withChanges = z
  .object({ review: reviewWire, changes: z.array(judgementChangeWire) })
  .transform((wire): ReviewDetails => wire);
const judgedWire = z.object({ judged: z.array(judgedAlertWire) }).transform((wire) => wire.judged);

export interface ReviewDetails {
  readonly review: Review;
  /** The newest first. */
  readonly changes: readonly JudgementChange[];
}

export interface ReviewFilter {
  /** All when absent. */
  readonly state?: ReviewState | undefined;
  readonly version?: string | undefined;
  /** The strongest reason. */
  readonly reason?: string | undefined;
  readonly minAmount?: number | undefined;
  /** By risk when absent. */
  readonly order?: ReviewOrder | undefined;
  /** 200 when absent, 500 at most. */
  readonly maxResults?: number | undefined;
}

/** Alerts that analysts look at. What only Esteira's server answers. */
export function reviewsOf(transport: Transport) {
  const service = "esteira" as const;
  return {
    /** For those who collect decisions: at most 1000 alerts a call. */
    put: (
      name: string,
      alerts: readonly ReviewableAlert[],
      queue: { readonly currency: string; readonly capacity?: number | undefined },
    ): Promise<{ readonly added: number }> =>
      transport.call("POST", "reviews/put", z.object({ added: z.number() }), {
        body: { name, ...queue, alerts: alerts.map(toInput) },
        service,
      }),
    list: (name: string, filter: ReviewFilter = {}, signal?: AbortSignal): Promise<ReviewList> => {
      const { minAmount, maxResults, ...same } = filter;
      const query = { name, ...same, min_amount: minAmount, max_results: maxResults };
      return transport.call("GET", "reviews/list", reviewListWire, { query, service, ...(signal ? { signal } : {}) });
    },
    get: (name: string, decisionId: string): Promise<ReviewDetails> =>
      transport.call("GET", "reviews/get", withChanges, { query: { name, decision_id: decisionId }, service }),
    /** Says that one looks at it; `holder` tells the windows of one person apart. */
    hold: (name: string, decisionId: string, holder: string): Promise<Review> =>
      transport.call("POST", "reviews/hold", one, { body: { name, decision_id: decisionId, holder }, service }),
    /** Refused (INVALID_PARAMETER_VALUE) when another has judged it since `revision`. Without a judgement it is put back. */
    judge: (
      name: string,
      seen: Pick<Review, "decisionId" | "revision">,
      said: {
        readonly judgement?: Judgement | undefined;
        readonly typology?: string | undefined;
        readonly note?: string | undefined;
      },
    ): Promise<Review> =>
      transport.call("POST", "reviews/judge", one, {
        body: { name, decision_id: seen.decisionId, revision: seen.revision, ...said },
        service,
      }),
    /** For those who keep labels: at most 1000, by the decisions' ids, after one of them. */
    judged: (name: string, after: string): Promise<readonly JudgedAlert[]> =>
      transport.call("GET", "reviews/judged", judgedWire, { query: { name, after }, service }),
    /** For those who keep labels: alerts of before an instant that nobody has judged, and those given, where they are as given. */
    remove: (
      name: string,
      before: number,
      judged: readonly Pick<JudgedAlert, "decisionId" | "revision">[],
    ): Promise<{ readonly removed: number }> =>
      transport.call("POST", "reviews/remove", z.object({ removed: z.number() }), {
        body: { name, before, judged: judged.map((one) => ({ decision_id: one.decisionId, revision: one.revision })) },
        service,
      }),
  };
}

function toInput(alert: ReviewableAlert) {
  const { known, ...wire } = alertToWire(alert);
  return { ...wire, ...(known === undefined ? {} : { known_label: known.label, known_source: known.source }) };
}
