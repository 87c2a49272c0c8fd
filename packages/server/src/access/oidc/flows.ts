import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import { z } from "zod";
import { hashSecret, randomSecret } from "../secrets.ts";
import { FLOW_SECONDS } from "./flow-cookie.ts";
import type { Challenge } from "./identity-provider.ts";

/** All that wait at the provider at one time; behind these the oldest are forgotten, which are likely given up. */
const MOST_FLOWS = 10_000;

const flowData = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() });

/** A sign-in that was begun: what the provider's answer must fit, and the page to come back to. */
export interface SignInFlow extends Challenge {
  readonly returnTo: string;
}

/** Begun sign-ins, in the database: the answer may reach another server, and each is good once. */
export interface SignInFlows {
  /** Gives the secret for the browser's cookie; the database has its hash alone. */
  begin(flow: SignInFlow): Promise<string>;
  take(secret: string): Promise<SignInFlow | undefined>;
}

export function signInFlows(store: AccessStore, clock: Clock): SignInFlows {
  return {
    begin: async ({ state, nonce, verifier, returnTo }) => {
      const secret = randomSecret();
      const data = JSON.stringify({ state, nonce, verifier, returnTo } satisfies SignInFlow);
      await store.saveSignInFlow({
        hash: hashSecret(secret),
        data,
        expiresAt: clock() + FLOW_SECONDS * 1000,
        most: MOST_FLOWS,
      });
      return secret;
    },
    take: async (secret) => {
      const data = await store.takeSignInFlow(hashSecret(secret));
      return data === undefined ? undefined : flowData.parse(JSON.parse(data));
    },
  };
}
