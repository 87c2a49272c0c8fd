import { SIGN_IN_PROBLEMS } from "@esteira/core/entities/sign-in-problem";
import { z } from "zod";
import { lazily } from "../shell/lazily.ts";

/** A page of ours, as it stands behind the "#"; never another address. */
export const isPage = (address: string): boolean =>
  /^\/(?![/\\])[^\\\s]*$/.test(address) && !/^\/sign-in\b/.test(address);

export const signInSearch = lazily(() =>
  z.object({
    /** Where to go afterwards. */
    return_to: z.string().refine(isPage).optional().catch(undefined),
    /** A session ended while somebody worked. */
    ended: z.literal(true).optional().catch(undefined),
    problem: z.enum(SIGN_IN_PROBLEMS).optional().catch(undefined),
    /** The token that makes the first admin: the server prints an address with it. */
    setup: z.string().min(1).optional().catch(undefined),
  }),
);
