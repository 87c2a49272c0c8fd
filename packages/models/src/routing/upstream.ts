/** A server behind the router, asked over kept connections. */

import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";

export interface Forwarded {
  readonly method: string;
  /** Path and query, as the caller gave them. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
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

/** A kept connection leads to one of the servers behind a name. Now and then one is given up, so that new servers get their part. */
const REQUESTS_PER_CONNECTION = 1000;
const MOST_CONNECTIONS = 512;

/** `timeoutMs` is for one answer. */
export function createUpstream(
  url: string,
  { timeoutMs, onRetry }: { readonly timeoutMs: number; readonly onRetry?: () => void },
): Upstream {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS, scheduling: "lifo" });
  const target = { agent, host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 80 : Number(port) };
  let asked = 0;
  let underWay = 0;
  let isRetired = false;

  const once = ({ method, path, headers, body }: Forwarded): Promise<UpstreamAnswer> =>
    new Promise((resolve, reject) => {
      const isLast = ++asked % REQUESTS_PER_CONNECTION === 0;
      const asking = request({
        ...target,
        method,
        path,
        headers: { ...headers, host: `${hostname}:${target.port}`, ...(isLast && { connection: "close" }) },
      });
      const timer = setTimeout(() => asking.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      asking.once("error", fail);
      asking.once("response", (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.once("error", fail);
        answer.once("close", () => {
          if (!answer.complete) fail(new Error("the answer broke off"));
        });
        answer.once("end", () => {
          clearTimeout(timer);
          const first = parts[0];
          resolve({
            status: answer.statusCode ?? 502,
            headers: answer.headers,
            body: parts.length === 1 && first !== undefined ? first : Buffer.concat(parts),
          });
        });
      });
      asking.end(body);
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
        if (isRetired && underWay === 0) agent.destroy();
      }
    },
    retire() {
      isRetired = true;
      if (underWay === 0) agent.destroy();
    },
  };
}
