import { z } from "zod";
import { type Claim, type Flow, type FlowDetails, type FlowStep, REPORTS } from "../flow/entity.ts";
import { flowSpecWire } from "../flow/flow-spec.ts";
import { OUTCOMES, STEPS, UNDO } from "../flow/steps.ts";

const work = z.enum([...STEPS, UNDO]);
const ENDINGS = [...REPORTS, "timeout", "approve", "decline", "cancel", "rollback"] as const;

const flowFields = z.object({
  id: z.int(),
  model: z.string(),
  version: z.string(),
  former: z.string().exactOptional(),
  spec: flowSpecWire,
  /** What is done now, or waited for; absent when the flow has ended. */
  work: work.exactOptional(),
  number: z.int(),
  furthest: z.enum(STEPS),
  outcome: z.enum(OUTCOMES).exactOptional(),
  reason: z.string().exactOptional(),
  note: z.string().exactOptional(),
  approved_by: z.string().exactOptional(),
  due_at: z.int(),
  deadline: z.int().exactOptional(),
  runner: z.string().exactOptional(),
  started_by: z.string(),
  started_at: z.int(),
  ended_at: z.int().exactOptional(),
});

const stepFields = z.object({
  number: z.int(),
  work,
  began_at: z.int(),
  ended_at: z.int().exactOptional(),
  ending: z.enum(ENDINGS).exactOptional(),
  note: z.string().exactOptional(),
  result: z.json().exactOptional(),
  claims: z.int(),
});

export const flowWire = flowFields.transform(
  ({ approved_by, due_at, started_by, started_at, ended_at, ...same }): Flow => ({
    ...same,
    ...{ dueAt: due_at, startedBy: started_by, startedAt: started_at },
    ...(approved_by === undefined ? {} : { approvedBy: approved_by }),
    ...(ended_at === undefined ? {} : { endedAt: ended_at }),
  }),
);

const stepWire = stepFields.transform(
  ({ began_at, ended_at, ...same }): FlowStep => ({
    ...same,
    beganAt: began_at,
    ...(ended_at === undefined ? {} : { endedAt: ended_at }),
  }),
);

export const flowDetailsWire = z.object({
  flow: flowWire,
  steps: z.array(stepWire),
  /** What the model's policy would refuse the promotion for now. */
  unmet: z.array(z.string()),
});

export const claimWire = flowDetailsWire.extend({ lease: z.string(), until: z.int(), order: z.int() });

export function flowToWire(flow: Flow): z.input<typeof flowWire> {
  const { approvedBy, dueAt, startedBy, startedAt, endedAt, ...same } = flow;
  return {
    ...same,
    ...{ due_at: dueAt, started_by: startedBy, started_at: startedAt },
    ...(approvedBy === undefined ? {} : { approved_by: approvedBy }),
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
  };
}

function stepToWire({ beganAt, endedAt, result, ...same }: FlowStep): z.input<typeof stepWire> {
  return {
    ...same,
    began_at: beganAt,
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...(result === undefined ? {} : { result: z.json().parse(result) }),
  };
}

export const detailsToWire = ({ flow, steps, unmet }: FlowDetails): z.input<typeof flowDetailsWire> => ({
  flow: flowToWire(flow),
  steps: steps.map(stepToWire),
  unmet: [...unmet],
});

export const claimToWire = (claim: Claim): z.input<typeof claimWire> => ({
  ...detailsToWire(claim),
  ...{ lease: claim.lease, until: claim.until, order: claim.order },
});
