import type { SealFile } from "@esteira/store/timeline/seal-file";
import type { Timeline } from "@esteira/store/timeline/timeline";
import type { FastifyInstance } from "fastify";
import { mountEndpoints } from "../http/endpoint.ts";
import { timelineEndpoints } from "./timeline.ts";

/** How long new entries wait for a signature at most. */
const SIGN_EVERY_MS = 60_000;

/** The calls about the timeline; and what is new in it is signed once a minute, and when the server ends. */
export function mountTimeline(
  app: FastifyInstance,
  timeline: Timeline,
  seals: SealFile | undefined,
  prefixes: readonly string[],
): void {
  mountEndpoints(app, prefixes, timelineEndpoints(timeline, seals));
  if (seals === undefined) return;
  let last = 0;
  let signing: Promise<void> | undefined;
  const sign = async (): Promise<void> => {
    try {
      const head = await timeline.head();
      if (head === undefined || head.sequence === last) return;
      last = (await timeline.checkpoint(seals)).size;
    } catch (err) {
      // Requests go on: whether the chain is sound is for `esteira audit verify` to say.
      app.log.error({ err }, "the timeline could not be signed");
    }
  };
  const signOnce = (): Promise<void> => {
    signing ??= sign().finally(() => {
      signing = undefined;
    });
    return signing;
  };
  const timer = setInterval(signOnce, SIGN_EVERY_MS);
  timer.unref();
  app.addHook("onClose", async () => {
    clearInterval(timer);
    await signing;
    await signOnce();
  });
}
