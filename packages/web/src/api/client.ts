import { createClient } from "@esteira/sdk/client";
import { STANDARD_RETRY } from "@esteira/sdk/retry";
import { createTransport, type TransportOptions } from "@esteira/sdk/transport";

/** The folder the page was served from: routes live after "#", so this holds behind any path prefix. */
export const pageFolder = (pathname: string): string => pathname.replace(/\/[^/]*$/, "");

export const baseUrl = pageFolder(globalThis.location?.pathname ?? "/");
const options: TransportOptions = { baseUrl, apiRoot: "/ajax-api/2.0", retry: { ...STANDARD_RETRY, retries: 1 } };

export const client = createClient(options);
/** Signing in: who failed too often is told at once, and not after the wait that the server asks for. */
export const { access } = createClient({ ...options, retry: { ...STANDARD_RETRY, retries: 0 } });
/** For the few calls that the client does not name. */
export const transport = createTransport(options);
