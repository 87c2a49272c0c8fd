import { z } from "zod";

/** The tag of a run in which a monitor tells what it saw last. */
export const WATCH_TAG = "esteira.watch";

/** What a monitor saw at its last look. Instants and spans are milliseconds; a figure is in the unit of its signal. */
export const watchTold = z.object({
  at: z.number(),
  /** Between two looks. */
  every: z.number(),
  /** ISO 4217. */
  currency: z.string(),
  figures: z.array(z.object({ signal: z.string(), window: z.string().exactOptional(), value: z.number() })),
  /** Those that fire or are about to, the loudest first. */
  alerts: z.array(
    z.object({
      rule: z.string(),
      severity: z.enum(["info", "watch", "act", "page"]),
      isFiring: z.boolean(),
      since: z.number(),
      text: z.object({ en: z.string(), "pt-BR": z.string() }),
    }),
  ),
  /** Alerts beside these. */
  more: z.number(),
});
export type WatchTold = z.output<typeof watchTold>;
