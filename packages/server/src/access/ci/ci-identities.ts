import type { Clock } from "@esteira/core/clock";
import { EsteiraError } from "@esteira/core/errors";
import type { TrustStore } from "@esteira/core/trust-store";
import { issuedTokenWire, trustedIdentityToWire, trustedIdentityWire } from "@esteira/core/wire/trusted-identity";
import { z } from "zod";
import { type Endpoint, endpoint } from "../../http/endpoint.ts";
import { int64, keyedValues, nonEmpty, requiredText, text, texts } from "../../http/fields.ts";
import { nothing } from "../../http/paging.ts";
import { type Attempts, attemptKey } from "../attempts.ts";
import type { Audit } from "../audit.ts";
import { limited } from "../authenticate.ts";
import { canonicalExperimentId } from "../canonical.ts";
import { ADMIN, administers, OPEN } from "../policy.ts";
import { hashSecret, newToken } from "../secrets.ts";
import { checkIdentity, DEFAULT_MINUTES, stepOf } from "./check-identity.ts";
import { showIdentity } from "./identity-token.ts";
import type { IssuerKeys } from "./issuer-keys.ts";

/** Of one address in a minute, before it has to wait. */
const MOST_FAILURES = 30;

/** Identities of CIs: an admin says which are trusted, and a job exchanges its own token for one of minutes, for one step. */
export function ciIdentityEndpoints(parts: {
  readonly trusts: TrustStore;
  readonly keys: IssuerKeys;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly failures: Attempts;
}): readonly Endpoint[] {
  const { trusts, keys, clock, audit, failures } = parts;
  return [
    endpoint({
      method: "POST",
      path: "/access/trust/add",
      policy: administers(ADMIN),
      summary: "Trust an identity of a CI with steps on one registered model",
      input: z.object({
        name: requiredText,
        model: requiredText,
        issuer: requiredText,
        audience: requiredText,
        claims: keyedValues,
        steps: texts,
        experiment_ids: texts,
        read_only_experiment_ids: texts,
        minutes: int64,
      }),
      output: z.object({ identity: trustedIdentityWire }),
      run: async (input, _, caller) => {
        const identity = {
          name: input.name,
          model: input.model,
          issuer: input.issuer,
          audience: input.audience,
          claims: Object.fromEntries(input.claims.map(({ key, value }) => [key, value])),
          steps: [...new Set(input.steps.map(stepOf))],
          experimentIds: [...new Set(input.experiment_ids.map(canonicalExperimentId))],
          readOnlyExperimentIds: [...new Set(input.read_only_experiment_ids.map(canonicalExperimentId))],
          minutes: input.minutes ?? DEFAULT_MINUTES,
        };
        checkIdentity(identity);
        // A name that differs by a slash would be refused at each exchange: better now.
        await keys.check(identity.issuer);
        const added = await trusts.add(identity, caller.actor);
        audit("trust-changed", { identity: added.name, what: "added", by: caller.user?.username });
        return { identity: trustedIdentityToWire(added) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/access/trust/list",
      policy: administers(ADMIN),
      summary: "List the identities of CIs that are trusted",
      input: z.object({ model: text }),
      output: z.object({ identities: z.array(trustedIdentityWire) }),
      run: async ({ model }) => ({ identities: (await trusts.list(nonEmpty(model))).map(trustedIdentityToWire) }),
    }),
    endpoint({
      method: "POST",
      path: "/access/trust/remove",
      policy: administers(ADMIN),
      summary: "Trust an identity of a CI no more; its tokens end at once",
      input: z.object({ name: requiredText }),
      output: nothing,
      run: async ({ name }, _, caller) => {
        await trusts.remove(name, caller.actor);
        audit("trust-changed", { identity: name, what: "removed", by: caller.user?.username });
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/access/trust/exchange",
      policy: OPEN,
      summary: "Exchange the OIDC token of a CI's job for a token of minutes, for one step on one model",
      input: z.object({ token: requiredText, model: requiredText, step: requiredText }),
      output: issuedTokenWire,
      run: async (input, _, __, { request, reply }) => {
        const step = stepOf(input.step);
        const limits = [{ key: attemptKey("exchange", request.ip), most: MOST_FAILURES }];
        await limited(reply, () => failures.check(limits));
        try {
          const shown = await showIdentity(input.token, { model: input.model, step }, await trusts.list(input.model), {
            keys,
            clock,
          });
          const { identity, subject, spent } = shown;
          const { id, token } = newToken();
          const expiresAt = clock() + identity.minutes * 60_000;
          await trusts.exchange({ identity, token: { id, hash: hashSecret(token), step, subject, expiresAt }, spent });
          audit("signed-in", { identity: identity.name, subject, step, token: id, address: request.ip, by: "CI" });
          return { token, identity: identity.name, model: identity.model, step, expires_at: expiresAt };
        } catch (error) {
          if (error instanceof EsteiraError && error.code !== "TEMPORARILY_UNAVAILABLE") {
            await failures.record(limits);
            audit("sign-in-refused", { by: "CI", address: request.ip, why: error.message });
          }
          throw error;
        }
      },
    }),
  ];
}
