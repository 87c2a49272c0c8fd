import { z } from "zod";
import { STEPS, type TrustedIdentity } from "../entities/trusted-identity.ts";
import { int64 } from "./scalars.ts";

export const trustedIdentityWire = z
  .object({
    name: z.string(),
    model: z.string(),
    issuer: z.string(),
    audience: z.string(),
    claims: z.array(z.object({ key: z.string(), value: z.string() })),
    steps: z.array(z.enum(STEPS)),
    experiment_ids: z.array(z.string()).default([]),
    read_only_experiment_ids: z.array(z.string()).default([]),
    minutes: z.number(),
    created_at: int64,
    digest: z.string(),
  })
  .transform(
    (wire): TrustedIdentity => ({
      name: wire.name,
      model: wire.model,
      issuer: wire.issuer,
      audience: wire.audience,
      claims: Object.fromEntries(wire.claims.map(({ key, value }) => [key, value])),
      steps: wire.steps,
      experimentIds: wire.experiment_ids,
      readOnlyExperimentIds: wire.read_only_experiment_ids,
      minutes: wire.minutes,
      createdAt: wire.created_at,
      digest: wire.digest,
    }),
  )
  .meta({ id: "TrustedIdentity" });

export const trustedIdentityToWire = (identity: TrustedIdentity) => ({
  name: identity.name,
  model: identity.model,
  issuer: identity.issuer,
  audience: identity.audience,
  claims: Object.entries(identity.claims).map(([key, value]) => ({ key, value })),
  steps: [...identity.steps],
  experiment_ids: [...identity.experimentIds],
  read_only_experiment_ids: [...identity.readOnlyExperimentIds],
  minutes: identity.minutes,
  created_at: identity.createdAt,
  digest: identity.digest,
});

/** A token of minutes, for one step of one model; its text is told this once. */
export const issuedTokenWire = z.object({
  token: z.string(),
  /** Which trusted identity the job has shown. */
  identity: z.string(),
  model: z.string(),
  step: z.enum(STEPS),
  expires_at: int64,
});
