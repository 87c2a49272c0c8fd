/** A server behind the router, asked over kept connections. */

import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, Pool } from "undici";

export interface Forwarded {
  readonly method: string;
  /** Path and query, as the caller gave them. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Upstream {
  readonly url: string;
  /**
   * The whole answer. Asks a second time where the connection broke before one came: scoring changes nothing, and a server that is
   * replaced closes the connections that it kept. Throws when there was none the second time either, or none in time.
   */
  ask(forwarded: Forwarded): Promise<UpstreamAnswer>;
  /** Ends its connections when what is under way has been answered. */
  retire(): void;
}

/** A kept connection leads to one of the servers behind a name. Each is given up after a while, so that new servers get their part. */
const CONNECTION_TTL_MS = 30_000;
const MOST_CONNECTIONS = 512;
/**
 * A server is a hop away: who has not let us in by then is not there, or what leads to it changes at this moment. An answer may take much longer.
 */
const CONNECT_MS = 2000;

/** `timeoutMs` is for one answer; a connection is given up sooner. */
export function createUpstream(
  url: string,
  { timeoutMs, onRetry }: { readonly timeoutMs: number; readonly onRetry?: () => void },
): Upstream {
  const pool = new Pool(url, {
    connections: MOST_CONNECTIONS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: Math.min(CONNECT_MS, timeoutMs) },
    clientTtl: CONNECTION_TTL_MS,
  });
  let underWay = 0;
  let isRetired = false;

  const once = ({ method, path, headers, body }: Forwarded): Promise<UpstreamAnswer> =>
    new Promise((resolve, reject) => {
      let status = 502;
      let answered: IncomingHttpHeaders = {};
      const parts: Buffer[] = [];
      pool.dispatch(
        { method: method as Dispatcher.HttpMethod, path, headers, body: body.length > 0 ? body : null },
        {
          onRequestStart() {},
          onResponseStart(_, code, found) {
            status = code;
            answered = found;
          },
          onResponseData: (_, part) => void parts.push(part),
          onResponseEnd() {
            const [first] = parts;
            const whole = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
            resolve({ status, headers: answered, body: whole });
          },
          onResponseError: (_, error) => reject(error),
        },
      );
    });

  return {
    url,
    async ask(forwarded) {
      const began = performance.now();
      underWay++;
      try {
        return await once(forwarded);
      } catch (error) {
        // Whoever took all the time would take it again.
        if (performance.now() - began >= timeoutMs) throw error;
        onRetry?.();
        return await once(forwarded);
      } finally {
        underWay--;
        if (isRetired && underWay === 0) void pool.close();
      }
    },
    retire() {
      isRetired = true;
      if (underWay === 0) void pool.close();
    },
  };
}
