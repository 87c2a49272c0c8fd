import { z } from "zod";
import type { TimeWindow } from "../evidence.ts";
import { common, defineCheck, lacking } from "./check.ts";

const DAY = 86_400_000;

/** Training, validation and test lie apart, in that order, and the test's labels have had time to arrive. */
export const windowsCheck = defineCheck({
  proves: "The evaluation rows are later than all that training saw, and their labels have had time to arrive.",
  inputs: ["windows"],
  settings: z.strictObject({
    check: z.literal("windows"),
    maturity: z
      .number()
      .min(0)
      .default(30)
      .describe("Days between the last evaluated transfer and the instant at which labels are read."),
    ...common,
  }),
  title: ({ maturity }) => `windows apart, labels ${maturity} days old`,
  judge({ maturity }, { windows }) {
    if (windows === undefined) return lacking("The time windows of the data");
    const { train, validation, test, asOf, latestTrainingLabel } = windows;
    const day = (time: number) => (Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : String(time));
    const faults: string[] = [];
    const named: [string, TimeWindow][] = [
      ["training", train],
      ...(validation === undefined ? [] : [["validation", validation] satisfies [string, TimeWindow]]),
      ["test", test],
    ];
    named.forEach(([name, window], i) => {
      if (!(window.from < window.to))
        faults.push(`the ${name} window is empty (${day(window.from)} to ${day(window.to)})`);
      const before = named[i - 1];
      if (before !== undefined && before[1].to > window.from)
        faults.push(`${before[0]} ends ${day(before[1].to)}, after ${name} begins ${day(window.from)}`);
    });
    if (latestTrainingLabel !== undefined && latestTrainingLabel > test.from)
      faults.push(`training used a label known ${day(latestTrainingLabel)}, after the test begins ${day(test.from)}`);
    const age = (asOf - test.to) / DAY;
    if (!(age >= maturity))
      faults.push(`the last labels are ${Math.round(age * 10) / 10} days old and ${maturity} are asked`);
    const sentence = faults.join("; ");
    return {
      status: faults.length > 0 ? "refused" : "passed",
      found: `labels ${Math.round(age * 10) / 10} days old`,
      reason:
        faults.length > 0
          ? `${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`
          : `Training ends ${day(train.to)}, the test runs ${day(test.from)} to ${day(test.to)}, labels as known ${day(asOf)}.`,
      evidence: {
        train_from: day(train.from),
        train_to: day(train.to),
        test_from: day(test.from),
        test_to: day(test.to),
        as_of: day(asOf),
        label_age_days: age,
        maturity_days: maturity,
      },
    };
  },
});
