import { z } from "zod";

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNITS;

/** A span of time as a person writes it: `30s`, `5m`, `1h`, `28d`, `2w`. Milliseconds once it is read. */
export const duration = z
  .string({ error: "a span of time is a whole number and s, m, h, d or w, for example 15m" })
  .regex(/^[1-9]\d{0,5}[smhdw]$/, "a span of time is a whole number and s, m, h, d or w, for example 15m")
  .transform((text) => Number(text.slice(0, -1)) * UNITS[text.at(-1) as Unit]);

/** As `duration` reads it, in the largest unit that divides it. */
export function durationText(ms: number): string {
  const whole = (["w", "d", "h", "m", "s"] as const).find((unit) => ms >= UNITS[unit] && ms % UNITS[unit] === 0);
  return whole === undefined ? `${Math.round(ms / 1000)}s` : `${ms / UNITS[whole]}${whole}`;
}
