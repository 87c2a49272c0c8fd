import type { Step, TrustedIdentity } from "@esteira/core/entities/trusted-identity";
import { issuedTokenWire, trustedIdentityWire } from "@esteira/core/wire/trusted-identity";
import { z } from "zod";
import { nothing, type Transport } from "./transport.ts";

/** A token of minutes, for one step of one model. */
export interface IssuedToken {
  readonly token: string;
  /** Which trusted identity the job has shown. */
  readonly identity: string;
  readonly model: string;
  readonly step: Step;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Which identities of CIs a server trusts, and what a job gets for its own token. What only Esteira's server answers. */
export function trustOf(transport: Transport) {
  const service = "esteira" as const;
  return {
    /** For admins. `minutes` is 15 when absent. */
    add: (
      input: Omit<TrustedIdentity, "createdAt" | "digest" | "minutes"> & { minutes?: number },
    ): Promise<TrustedIdentity> =>
      transport.call(
        "POST",
        "access/trust/add",
        z.object({ identity: trustedIdentityWire }).transform((wire) => wire.identity),
        {
          body: {
            name: input.name,
            model: input.model,
            issuer: input.issuer,
            audience: input.audience,
            claims: Object.entries(input.claims).map(([key, value]) => ({ key, value })),
            steps: input.steps,
            experiment_ids: input.experimentIds,
            read_only_experiment_ids: input.readOnlyExperimentIds,
            minutes: input.minutes,
          },
          service,
        },
      ),
    /** For admins. */
    list: (model?: string): Promise<readonly TrustedIdentity[]> =>
      transport.call(
        "GET",
        "access/trust/list",
        z.object({ identities: z.array(trustedIdentityWire) }).transform((wire) => wire.identities),
        { query: { model }, service },
      ),
    /** For admins. */
    remove: (name: string): Promise<void> =>
      transport.call("POST", "access/trust/remove", nothing, { body: { name }, service }),
    /** Needs no sign-in: `token` is the OIDC token that the CI gave to its job, and is spent by this. */
    exchange: (input: { token: string; model: string; step: Step }): Promise<IssuedToken> =>
      transport.call(
        "POST",
        "access/trust/exchange",
        issuedTokenWire.transform(
          (wire): IssuedToken => ({
            token: wire.token,
            identity: wire.identity,
            model: wire.model,
            step: wire.step,
            expiresAt: wire.expires_at,
          }),
        ),
        { body: input, service },
      ),
  };
}
