import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

/** What goes wrong with one request. */
export type Fault =
  /** An answer of our own; nothing reaches the registry. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The line breaks after so many bytes of the request's body. */
  | { readonly kind: "cut request"; readonly after: number }
  /** The line breaks after so many bytes of the answer's body. */
  | { readonly kind: "cut answer"; readonly after: number }
  /** The request is done, and its answer lost. */
  | { readonly kind: "lose answer" }
  /** The last byte of the answer's body is another one. */
  | { readonly kind: "spoil" }
  /** Nothing is ever said. */
  | { readonly kind: "silence" };

export interface FaultyProxy {
  readonly host: string;
  /** Every request: method and path with query. */
  readonly seen: string[];
  /** Asked for every request. */
  fault: (request: IncomingMessage) => Fault | undefined;
  stop(): Promise<void>;
}

/** Stands before a registry, and breaks what it is told to. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    const fault = proxy.fault(incoming);
    if (fault?.kind === "answer") {
      incoming.resume();
      outgoing.writeHead(fault.status, fault.headers).end(fault.body ?? "");
    } else if (fault?.kind !== "silence") forward(target, incoming, outgoing, fault);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const proxy: FaultyProxy = {
    host: `127.0.0.1:${address.port}`,
    seen,
    fault: () => undefined,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return proxy;
}

function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): void {
  const [host, port] = target.split(":");
  const { method, url: path } = incoming;
  // The Host header stays: so the registry's absolute addresses lead back here.
  const sent = request({ host, port, method, path, headers: incoming.headers });
  sent.on("error", () => outgoing.destroy());
  if (fault?.kind === "cut request") {
    let passed = 0;
    incoming.on("data", (piece: Buffer) => {
      if (passed < fault.after) sent.write(piece.subarray(0, fault.after - passed));
      passed += piece.byteLength;
      if (passed < fault.after) return;
      // What was written is to arrive before the line breaks.
      setTimeout(() => sent.destroy(), 100);
      incoming.destroy();
    });
  } else incoming.pipe(sent);
  sent.on("response", (answer) => {
    if (fault?.kind === "lose answer") {
      answer.resume();
      answer.on("end", () => outgoing.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    if (fault === undefined || fault.kind === "cut request") {
      answer.pipe(outgoing);
      return;
    }
    const pieces: Buffer[] = [];
    answer.on("data", (piece: Buffer) => pieces.push(piece));
    answer.on("end", () => {
      const body = Buffer.concat(pieces);
      if (fault.kind === "spoil" && body.length > 0) body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
      if (fault.kind !== "cut answer") outgoing.end(body);
      else outgoing.write(body.subarray(0, fault.after), () => outgoing.destroy());
    });
  });
}
