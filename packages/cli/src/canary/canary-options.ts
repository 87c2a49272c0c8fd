import { invalid } from "@esteira/core/errors";
import { type CommandOption, listed, text, type Values } from "../command.ts";
import type { CanaryLimits } from "./move.ts";

/** By what a canary is watched, where a command watches one: the words of a flow's file. */
export const CANARY_OPTIONS: readonly CommandOption[] = [
  {
    flags: "--steps <percents>",
    summary: "shares after the first, as in 25,50: watches the canary, and promotes it or takes it back",
  },
  { flags: "--dwell <seconds>", summary: "how long each share is watched at the least; watches the canary too" },
  { flags: "--requests <count>", summary: "that the canary must have answered at each share (default: 100)" },
  { flags: "--max-failed <percent>", summary: "of its requests that may fail more than of the others (default: 0)" },
  { flags: "--confidence <percent>", summary: "with which it must fail too often to be taken back: 95 is usual" },
  { flags: "--max-slower <times>", summary: "as slow as the present version at the 99th percentile" },
  { flags: "--max-difference <number>", summary: "between the two versions' answers at the 99th percentile" },
  { flags: "--threshold <score>", summary: "from which a score is an alert" },
  { flags: "--max-disagreement <percent>", summary: "of the rows that are an alert to one version alone" },
  { flags: "--max-alert-change <percent>", summary: "of the rows, by which the alerts may grow or shrink" },
  { flags: "--max-drift <distance>", summary: "between the distributions of the scores (Kolmogorov-Smirnov)" },
];

/**
 * What is asked of a canary that the command is to watch; undefined where it is not to.
 *
 * @param share the first, from 0 to 1.
 */
export async function canaryLimits(values: Values, share: number): Promise<CanaryLimits | undefined> {
  const number = (name: string, unit = 1): number | undefined => {
    const said = text(values, name);
    if (said === undefined) return undefined;
    if (/^\d{1,9}(\.\d{1,9})?$/.test(said)) return Number(said) / unit;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw invalid(`--${flag} is '${said}': expected a number.`);
  };
  const steps = text(values, "steps");
  const asked = {
    dwell_seconds: number("dwell"),
    requests: number("requests"),
    max_failed_share: number("maxFailed", 100),
    confidence: number("confidence", 100),
    max_slower: number("maxSlower"),
    max_difference: number("maxDifference"),
    threshold: number("threshold"),
    max_disagreement: number("maxDisagreement", 100),
    max_alert_change: number("maxAlertChange", 100),
    max_drift: number("maxDrift"),
  };
  const said = Object.entries(asked).filter(([, value]) => value !== undefined);
  if (steps === undefined && asked.dwell_seconds === undefined) {
    if (said.length === 0) return undefined;
    throw invalid("What is asked of a canary has a sense where it is watched only: say --steps or --dwell.");
  }
  const shares = steps === undefined ? [] : listed(steps).map((step) => percent(step));
  const { flowSpecWire } = await import("@esteira/core/flow/flow-spec");
  const { data, error } = flowSpecWire.safeParse({ canary: { share, steps: shares, ...Object.fromEntries(said) } });
  if (data?.canary !== undefined) return data.canary;
  const issue = error?.issues[0];
  throw invalid(`The canary's ${issue?.path.slice(1).join(".") || "limits"}: ${issue?.message ?? "not understood"}.`);
}

function percent(said: string): number {
  if (/^\d{1,3}(\.\d{1,6})?$/.test(said)) return Number(said) / 100;
  throw invalid(`--steps has '${said}': expected percentages, as in 25,50.`);
}
