import {
  JUDGEMENTS,
  type JudgedAlert,
  type Judgement,
  type JudgementChange,
  type Review,
  type ReviewableAlert,
} from "@esteira/core/entities/review";
import type { Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";

export type ReviewRow = Selectable<Tables["esteira_reviews"]>;
type JudgementRow = Selectable<Tables["esteira_judgements"]>;

const judgementOf = (text: string | null): Judgement | undefined => JUDGEMENTS.find((known) => known === text);

/** What is told of an alert; what was judged of it is kept beside. */
export function alertColumns(alert: ReviewableAlert) {
  const { decisionId, version, decidedAt, score, amount, reasons, known } = alert;
  return {
    ...{ decision_id: decisionId, version, decided_at: decidedAt, score, amount: amount ?? null },
    risk: score * Math.max(0, amount ?? 0),
    reason: reasons[0]?.feature ?? null,
    known: known?.label ?? null,
    alert: JSON.stringify(alert),
  };
}

export function toReview(row: ReviewRow, now: number): Review {
  const alert: ReviewableAlert = JSON.parse(row.alert);
  return {
    ...alert,
    state: judgementOf(row.judgement) ?? (row.known === null ? "waiting" : "settled"),
    revision: row.revision,
    ...(row.judged_by === null ? {} : { judgedBy: row.judged_by }),
    ...(row.judged_at === null ? {} : { judgedAt: row.judged_at }),
    ...(row.typology === null ? {} : { typology: row.typology }),
    ...(row.note === null ? {} : { note: row.note }),
    ...(isHeld(row, now) ? { held: { by: row.held_by ?? "", holder: row.holder ?? "" } } : {}),
  };
}

export const isHeld = ({ holder, held_until }: Pick<ReviewRow, "holder" | "held_until">, now: number): boolean =>
  holder !== null && (held_until ?? 0) > now;

export function toJudgedAlert(row: ReviewRow): JudgedAlert {
  return {
    ...{ decisionId: row.decision_id, revision: row.revision, decidedAt: row.decided_at },
    judgement: judgementOf(row.judgement) ?? "inconclusive",
    judgedAt: row.judged_at ?? row.decided_at,
    ...(row.typology === null ? {} : { typology: row.typology }),
  };
}

export function toJudgementChange({ revision, judgement, typology, note, ...row }: JudgementRow): JudgementChange {
  const known = judgementOf(judgement);
  return {
    ...{ revision, by: row.judged_by, at: row.judged_at },
    ...(known === undefined ? {} : { judgement: known }),
    ...(typology === null ? {} : { typology }),
    ...(note === null ? {} : { note }),
  };
}
