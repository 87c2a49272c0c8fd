import { EsteiraError } from "@esteira/core/errors";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { access, signedOut } from "../api/client.ts";

export type AccessInfo = Awaited<ReturnType<typeof access.info>>;

/** Whether access is controlled and who is signed in. It is asked once; what changes it sets it anew. */
export const accessQuery = queryOptions({
  queryKey: ["access"],
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
  queryFn: () => access.info(),
});

/** Where the identity provider's own session can be ended, known from signing out until the next load of the page. */
const PROVIDER_SIGN_OUT = ["provider-sign-out"];
export const providerSignOut = (queries: QueryClient): string | undefined => queries.getQueryData(PROVIDER_SIGN_OUT);

/** A call that is refused as "not signed in" because a password or token is wrong, and not because the session is over. */
export const OWN_REFUSAL = { ownRefusal: true } as const;

const isSignedOut = (error: unknown): boolean => error instanceof EsteiraError && error.code === "UNAUTHENTICATED";

/** Forgets what the caches hold of another user, and learns who is here now. */
export async function begin(queries: QueryClient): Promise<void> {
  forget(queries);
  await queries.fetchQuery({ ...accessQuery, staleTime: 0 });
}

export async function end(queries: QueryClient): Promise<void> {
  const { providerSignOut } = await access.signOut();
  const info = queries.getQueryData(accessQuery.queryKey);
  forget(queries);
  if (info !== undefined) queries.setQueryData(accessQuery.queryKey, withoutUser(info));
  if (providerSignOut !== undefined) queries.setQueryData(PROVIDER_SIGN_OUT, providerSignOut);
}

/** Calls back when the server answers that nobody is signed in any more, whatever was asked. */
export function watchSession(queries: QueryClient, onEnd: () => void): void {
  const over = () => {
    const info = queries.getQueryData(accessQuery.queryKey);
    if (info?.user === undefined) return;
    queries.setQueryData(accessQuery.queryKey, withoutUser(info));
    onEnd();
  };
  signedOut.addEventListener("signed-out", over);
  queries.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error" && isSignedOut(event.action.error)) over();
  });
  queries.getMutationCache().subscribe((event) => {
    if (event.type !== "updated" || event.action.type !== "error" || !isSignedOut(event.action.error)) return;
    if (event.mutation.meta?.ownRefusal !== true) over();
  });
}

/** All but who is here: that question's observers stay. */
const forget = (queries: QueryClient): void =>
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== accessQuery.queryKey[0] });

const withoutUser = (info: AccessInfo): AccessInfo => ({ ...info, user: undefined, hasSession: false });

export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: () => access.listTokens() });
