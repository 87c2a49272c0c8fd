/**
 * The cookie that ties a sign-in at the provider to the browser that began it. Each sign-in has one of its own, so that
 * two tabs do not disturb each other; the provider's answer names it by its `state`.
 */
export interface FlowCookie {
  name(state: string): string;
  set(state: string, secret: string): string;
  clear(state: string): string;
}

export const FLOW_SECONDS = 600;
/** Enough of the state to tell tabs apart; the whole of it is compared afterwards. */
const TAG_CHARACTERS = 8;

export function flowCookie(secure: boolean): FlowCookie {
  const name = (state: string) =>
    `${secure ? "__Host-" : ""}esteira-sign-in-${state.replace(/[^\w-]/g, "").slice(0, TAG_CHARACTERS)}`;
  // Lax: the provider's page leads the browser back here, and the cookie must come along.
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return {
    name,
    set: (state, secret) => `${name(state)}=${secret}; Max-Age=${FLOW_SECONDS}; ${attributes}`,
    clear: (state) => `${name(state)}=; Max-Age=0; ${attributes}`,
  };
}
