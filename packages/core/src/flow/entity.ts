import type { FlowEvent } from "./flow.ts";
import type { FlowSpec } from "./flow-spec.ts";
import type { Outcome, Step, Work } from "./steps.ts";

/** A version's way to production. Instants are milliseconds since the epoch. */
export interface Flow {
  readonly id: number;
  readonly model: string;
  readonly version: string;
  /** The version that had the alias when the flow began. */
  readonly former?: string;
  readonly spec: FlowSpec;
  /** What is done now, or waited for; absent when the flow has ended. */
  readonly work?: Work;
  readonly number: number;
  readonly furthest: Step;
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly note?: string;
  readonly approvedBy?: string;
  readonly dueAt: number;
  readonly deadline?: number;
  /** Who works on it now. */
  readonly runner?: string;
  readonly startedBy: string;
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** What was begun of a flow, in its order. */
export interface FlowStep {
  readonly number: number;
  readonly work: Work;
  readonly beganAt: number;
  readonly endedAt?: number;
  /** The event that ended it. */
  readonly ending?: FlowEvent["kind"];
  readonly note?: string;
  /** What was found. */
  readonly result?: unknown;
  /** How often somebody began to work on it: more than once after a crash, a fault or a wait. */
  readonly claims: number;
}

export interface FlowDetails {
  readonly flow: Flow;
  readonly steps: readonly FlowStep[];
  /** What the model's policy would refuse the promotion for now. */
  readonly unmet: readonly string[];
}

/** The right to work on a step until `until`, and to say how it went. */
export interface Claim extends FlowDetails {
  readonly lease: string;
  readonly until: number;
  /** Grows with every step of every flow: see `ApplyOptions.order` of a deployment. */
  readonly order: number;
}

/** What a runner says of its step. */
export type Report = Extract<FlowEvent, { readonly kind: "done" | "refused" | "waiting" | "fault" }>;
export const REPORTS = ["done", "refused", "waiting", "fault"] as const;

/** What people ask of a flow. */
export type Ask = "approve" | "decline" | "cancel" | "rollback";
