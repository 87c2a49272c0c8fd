import { accessOf } from "@esteira/sdk/access";
import { STANDARD_RETRY } from "@esteira/sdk/retry";
import { createTransport, type TransportOptions } from "@esteira/sdk/transport";

/** The folder the page was served from: routes live after "#", so this holds behind any path prefix. */
export const pageFolder = (pathname: string): string => pathname.replace(/\/[^/]*$/, "");

export const baseUrl = pageFolder(globalThis.location?.pathname ?? "/");
const options: TransportOptions = { baseUrl, apiRoot: "/ajax-api/2.0", retry: { ...STANDARD_RETRY, retries: 1 } };

/** Told when an answer says that nobody is signed in, whoever has asked: not all that is asked goes through a cache of queries. */
export const signedOut = new EventTarget();

/** What the calls of each noun go through. They stand in modules of their own: a page loads those that it makes. */
export const transport = createTransport({
  ...options,
  fetch: async (input, init) => {
    const answer = await fetch(input, init);
    if (answer.status === 401) signedOut.dispatchEvent(new Event("signed-out"));
    return answer;
  },
});
/** Signing in: who failed too often is told at once, and not after the wait that the server asks for. */
export const access = accessOf(createTransport({ ...options, retry: { ...STANDARD_RETRY, retries: 0 } }));
