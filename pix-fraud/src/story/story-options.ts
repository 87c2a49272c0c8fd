import { parseArgs } from "node:util";
import { invalid } from "@esteira/core/errors";
import type { VictimTypology } from "../world/parameters.ts";

export interface StoryOptions {
  readonly transfers: number;
  readonly seed: number;
  /** Of service. */
  readonly days: number;
  /** Folder of the server's data, the ledger and the story. */
  readonly data: string;
}

/** Days of the world before service: the first model is trained on them. */
export const BEFORE = 180;
/** Begins when four fifths of the world's days are over. */
export const LATE: VictimTypology = "remote_access";

export const USAGE = `A model's life in a simulated Pix world: deployed, overtaken by a new kind of fraud, told so, trained anew, and replaced.

  npm run story -- [options]

  --transfers N   of the world, ${BEFORE} days before service included (default 300000)
  --days N        of service (default 120)
  --seed N        of the world and the training (default 7)
  --data DIR      the server's data, the ledger, story.json and story.svg (default esteira-story); must be empty
`;

/** Undefined when help is asked for. Throws INVALID_PARAMETER_VALUE. */
export function parseStoryOptions(argv: readonly string[]): StoryOptions | undefined {
  const text = { type: "string" } as const;
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    values = parseArgs({
      args: [...argv],
      options: { transfers: text, days: text, seed: text, data: text, help: { type: "boolean" } },
      strict: true,
      allowPositionals: false,
    }).values;
  } catch (error) {
    throw invalid(`${error instanceof Error ? error.message.split(". ")[0] : String(error)}. See --help.`);
  }
  if (values.help === true) return undefined;
  const whole = (name: string, standard: number, least: number, most: number): number => {
    const value = Number(values[name] ?? standard);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw invalid(`--${name} is '${String(values[name])}': expected a whole number from ${least} to ${most}.`);
  };
  return {
    transfers: whole("transfers", 300_000, 20_000, 5_000_000),
    days: whole("days", 120, 60, 365),
    seed: whole("seed", 7, 0, 2 ** 31 - 1),
    data: typeof values.data === "string" && values.data !== "" ? values.data : "esteira-story",
  };
}
