import { z } from "zod";
import {
  ARM_ROLES,
  CHANGE_KINDS,
  type Deployment,
  type DeploymentChange,
  type OrderClaim,
  type RollbackOrder,
} from "../entities/deployment.ts";

export const armWire = z.object({
  role: z.enum(ARM_ROLES),
  uri: z.string().min(1).max(2048),
  share: z.number().min(0).max(1).exactOptional(),
  image: z.string().min(1).max(1024).exactOptional(),
});

/** One primary, and few beside it. */
export const armsWire = z
  .array(armWire)
  .max(20)
  .refine((arms) => arms.filter(({ role }) => role === "primary").length === 1, "one arm is the primary");

const changeFields = z.object({
  id: z.int(),
  kind: z.enum(CHANGE_KINDS),
  version: z.string(),
  arms: z.array(armWire),
  at: z.int(),
  by: z.string(),
  flow: z.int().exactOptional(),
  note: z.string().exactOptional(),
});
export const deploymentChangeWire = changeFields.transform((wire): DeploymentChange => wire);

const orderFields = z.object({
  id: z.int(),
  asked_by: z.string(),
  asked_at: z.int(),
  reason: z.string(),
  generation: z.int().exactOptional(),
  runner: z.string().exactOptional(),
  outcome: z.enum(["done", "failed", "expired"]).exactOptional(),
  note: z.string().exactOptional(),
  ended_at: z.int().exactOptional(),
});

export const rollbackOrderWire = orderFields.transform(
  ({ asked_by, asked_at, ended_at, ...same }): RollbackOrder => ({
    ...same,
    ...{ askedBy: asked_by, askedAt: asked_at },
    ...(ended_at === undefined ? {} : { endedAt: ended_at }),
  }),
);

export const deploymentWire = z
  .object({
    id: z.int(),
    target: z.string(),
    place: z.string(),
    name: z.string(),
    model: z.string(),
    version: z.string(),
    state: z.enum(["serving", "failed", "removed"]),
    arms: z.array(armWire),
    former: z.array(armWire).exactOptional(),
    url: z.string().exactOptional(),
    generation: z.int().exactOptional(),
    changed_at: z.int(),
    changed_by: z.string(),
    flow: z.int().exactOptional(),
    problem: z.string().exactOptional(),
    runners: z.array(z.string()),
    order: rollbackOrderWire.exactOptional(),
  })
  .transform(
    ({ changed_at, changed_by, ...same }): Deployment => ({
      ...same,
      ...{ changedAt: changed_at, changedBy: changed_by },
    }),
  );

export const orderClaimWire = z
  .object({ deployment: deploymentWire, order: rollbackOrderWire, lease: z.string() })
  .transform((wire): OrderClaim => wire);

export function orderToWire({ askedBy, askedAt, endedAt, ...same }: RollbackOrder): z.input<typeof rollbackOrderWire> {
  return {
    ...same,
    ...{ asked_by: askedBy, asked_at: askedAt },
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
  };
}

export function deploymentToWire(deployment: Deployment): z.input<typeof deploymentWire> {
  const { changedAt, changedBy, order, arms, former, runners, ...same } = deployment;
  return {
    ...same,
    ...{ changed_at: changedAt, changed_by: changedBy, arms: [...arms], runners: [...runners] },
    ...(former === undefined ? {} : { former: [...former] }),
    ...(order === undefined ? {} : { order: orderToWire(order) }),
  };
}

export const deploymentChangeToWire = ({ arms, ...same }: DeploymentChange): z.input<typeof deploymentChangeWire> => ({
  ...same,
  arms: [...arms],
});
