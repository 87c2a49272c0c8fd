import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import type { FastifyBaseLogger } from "fastify";

const EVERY_MS = 60 * 60 * 1000;

/** Clears away what broken uploads have left, now and every hour. Answers what stops it. */
export function sweepRegularly(stores: readonly ArtifactStore[], log: FastifyBaseLogger | undefined): () => void {
  const sweep = async () => {
    for (const store of stores) {
      // It is housekeeping: a store that cannot be reached now is told by the requests that need it.
      await store.sweep().catch((err: unknown) => log?.warn({ err }, "could not clear away broken uploads"));
    }
  };
  void sweep();
  const timer = setInterval(sweep, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
