import type { StepToken, TrustedIdentity } from "./entities/trusted-identity.ts";
import type { Actor } from "./timeline/entry.ts";

/** The port to the identities of CIs that the server trusts, and to the tokens that they were given. */
export interface TrustStore {
  /** Refused (RESOURCE_ALREADY_EXISTS) when the name is taken. An entry of the timeline, as removing is. */
  add(identity: Omit<TrustedIdentity, "createdAt" | "digest">, actor: Actor): Promise<TrustedIdentity>;
  /** By name; of one model, or of all. */
  list(model?: string): Promise<readonly TrustedIdentity[]>;
  /** Ends its tokens too, and what it has vouched for no longer counts. */
  remove(name: string, actor: Actor): Promise<void>;
  /**
   * Keeps the token that is given for a job's own one, which is spent by it until `spent.until` (ms). Refused when it was spent
   * before (PERMISSION_DENIED), or when the identity is no longer what it was when the job's token was checked.
   */
  exchange(input: {
    readonly identity: TrustedIdentity;
    readonly token: Omit<StepToken, "identity">;
    readonly spent: { readonly key: string; readonly until: number };
  }): Promise<void>;
  findToken(id: string): Promise<StepToken | undefined>;
}
