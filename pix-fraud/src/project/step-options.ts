import { parseArgs } from "node:util";
import { invalid } from "@esteira/core/errors";
import { type JobOptions, parseOptions } from "../job/options.ts";

export const STEPS = ["prepare", "train", "evaluate"] as const;

/** What a step of the project is called with. */
export interface StepOptions {
  readonly step: (typeof STEPS)[number];
  /** The folder that `prepare` has written; empty for that step itself. */
  readonly prepared: string;
  /** The folder of a packaged model, for `evaluate`. */
  readonly model: string;
  /** For `prepare`: the instant whose knowledge the ledger is, milliseconds; all of it when undefined. */
  readonly asOf: number | undefined;
  readonly job: JobOptions;
}

/** The job's own flags, and two folders that a step takes. */
const FLAGS = ["transfers", "days", "seed", "late", "trainer", "trials", "gate"] as const;

/**
 * Reads the command line of a step: its name, then flags with values.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a step that is none, a flag that is none, or a missing folder.
 */
export function parseStep(argv: readonly string[]): StepOptions {
  const [name = "", ...args] = argv;
  const step = STEPS.find((known) => known === name);
  if (step === undefined) throw invalid(`'${name}' is no step: expected ${STEPS.join(", ")}.`);
  const options = Object.fromEntries(
    [...FLAGS, "prepared", "model", "as-of"].map((flag) => [flag, { type: "string" as const }]),
  );
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw invalid(`${step}: ${error instanceof Error ? error.message.split(". ")[0] : String(error)}.`);
  }
  const given = FLAGS.filter((flag) => values[flag] !== undefined && values[flag] !== "");
  const job = parseOptions(
    given.flatMap((flag) => [`--${flag}`, String(values[flag])]),
    false,
  );
  if (job === undefined) throw invalid(`${step}: there is no help here; see pix-fraud/MLproject.`);
  const folder = (flag: "prepared" | "model", needed: boolean): string => {
    const value = values[flag];
    if (needed && (typeof value !== "string" || value === "")) throw invalid(`${step} needs a folder with --${flag}.`);
    return typeof value === "string" ? value : "";
  };
  return {
    step,
    prepared: folder("prepared", step !== "prepare"),
    model: folder("model", step === "evaluate"),
    asOf: instantOf(values["as-of"]),
    job,
  };
}

function instantOf(given: string | boolean | undefined): number | undefined {
  if (typeof given !== "string" || given === "") return undefined;
  const instant = Date.parse(given);
  if (Number.isFinite(instant)) return instant;
  throw invalid(`--as-of is '${given}': expected an instant such as 2026-05-01T00:00:00Z.`);
}
