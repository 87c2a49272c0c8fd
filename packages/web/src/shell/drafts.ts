import { accessQuery } from "../access/session.ts";
import { queries } from "../api/query-client.ts";

/** What is written and not saved yet, and what it is a change of. */
export interface Draft {
  readonly text: string;
  readonly base: string;
}

/**
 * Drafts of this window. They outlive the page that they were written on: signing in again, at an identity provider too, leads back to it. They are
 * their writer's: whoever signs in as another does not see them.
 */
const keyOf = (of: string): string =>
  `esteira.draft.${queries.getQueryData(accessQuery.queryKey)?.user?.username ?? ""}.${of}`;

export function readDraft(of: string): Draft | undefined {
  try {
    const draft: unknown = JSON.parse(sessionStorage.getItem(keyOf(of)) ?? "null");
    if (typeof draft !== "object" || draft === null || !("text" in draft) || !("base" in draft)) return undefined;
    return { text: String(draft.text), base: String(draft.base) };
  } catch {
    return undefined;
  }
}

export function keepDraft(of: string, draft: Draft): void {
  try {
    sessionStorage.setItem(keyOf(of), JSON.stringify(draft));
  } catch {
    // Storage is forbidden or full: the draft lasts as long as its page.
  }
}

export function forgetDraft(of: string): void {
  try {
    sessionStorage.removeItem(keyOf(of));
  } catch {
    // There is none.
  }
}
