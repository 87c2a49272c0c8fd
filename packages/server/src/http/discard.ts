import type { IncomingMessage } from "node:http";

/** How long a client may go on sending what was refused. Most read an answer only when they have sent everything. */
const DRAIN_MS = 30_000;

/** Reads the rest of a body that nobody wants, so that the client gets to the answer. */
export function discard(incoming: IncomingMessage): void {
  if (incoming.readableEnded || incoming.destroyed) return;
  incoming.resume();
  const late = setTimeout(() => incoming.destroy(), DRAIN_MS);
  late.unref();
  incoming.once("close", () => clearTimeout(late));
}
