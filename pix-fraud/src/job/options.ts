import { parseArgs } from "node:util";
import { invalid } from "@esteira/core/errors";
import { VICTIM_TYPOLOGIES, type VictimTypology } from "../world/parameters.ts";

export const LANGUAGES = ["en", "pt-BR"] as const;
type Language = (typeof LANGUAGES)[number];
const PROTOCOL_CHOICES = ["handbook"] as const;
const TRAINER_CHOICES = ["both", "xgboost", "random-forest"] as const;

export interface JobOptions {
  readonly transfers: number;
  readonly days: number;
  readonly seed: number;
  /** The kind of fraud that begins late in the simulated world; the world's own when absent. */
  readonly late?: VictimTypology;
  /** A real file instead of the simulated world. */
  readonly ledger?: string;
  /** A preset's name (`fdh`) or a mapping file. */
  readonly mapping?: string;
  /** A published protocol instead of the job's own features, spans and search. */
  readonly protocol?: (typeof PROTOCOL_CHOICES)[number];
  /** A gate in place of the project's own. */
  readonly gate?: string;
  readonly trainer: (typeof TRAINER_CHOICES)[number];
  /** Trials of the hyperparameter search for XGBoost. */
  readonly trials: number;
  /** Folder of the database, the artifacts and the reports. */
  readonly data: string;
  /** 0: any free port. */
  readonly port: number;
  readonly language: Language;
  /** Whether the server stays up at the end until Ctrl-C. */
  readonly stay: boolean;
}

export const USAGE = `Pix fraud: from raw transfers to a served, monitored model.

  npm run pix -- [options]

Input
  --transfers N        transfers to simulate (default 500000)
  --full               1,000,000 transfers
  --days N             days that they cover (default 240)
  --seed N             seed of the world, the search and the training (default 7)
  --late NAME          the kind of fraud that begins when four fifths of the days are over (default fake_investment)
  --ledger FILE        a real ledger (.csv, .parquet) instead of the simulated one
  --mapping NAME|FILE  its columns: the preset fdh, or a YAML or JSON file
  --protocol NAME      handbook: the Fraud Detection Handbook's features, weeks and library defaults,
                       beside its published results (for its own file, with --mapping fdh)

Training
  --trainer NAME       both (default), xgboost, random-forest
  --trials N           trials of the hyperparameter search (default 3)
  --gate FILE          what a candidate must prove (default pix-fraud/gate.yaml; gate-ledger.yaml for a file,
                       gate-handbook.yaml for the protocol)

Output
  --data DIR           database, artifacts and reports (default esteira-data)
  --port N             port of the tracking server (default: a free one)
  --language LANG      report and reasons in en (default) or pt-BR
  --stay, --no-stay    keep the server up at the end (default: only at a terminal)
  --help               this text

Exit codes: 0 the champion stands, 3 a candidate was refused by the gate, 2 a fault, 130 interrupted.
`;

const FLAGS = {
  transfers: { type: "string" },
  full: { type: "boolean" },
  days: { type: "string" },
  seed: { type: "string" },
  late: { type: "string" },
  ledger: { type: "string" },
  mapping: { type: "string" },
  protocol: { type: "string" },
  trainer: { type: "string" },
  trials: { type: "string" },
  gate: { type: "string" },
  data: { type: "string" },
  port: { type: "string" },
  language: { type: "string" },
  stay: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** The options of a command line; undefined when it asks for help. */
export function parseOptions(argv: readonly string[], atTerminal: boolean): JobOptions | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  if (values.full && values.transfers !== undefined) {
    throw invalid("--full already sets the number of transfers: give either --full or --transfers, not both.");
  }
  if (
    values.ledger !== undefined &&
    (values.transfers !== undefined || values.full || values.days !== undefined || values.late !== undefined)
  ) {
    throw invalid(
      "--transfers, --full, --days and --late belong to the simulated world: leave them out with --ledger.",
    );
  }
  if (values.mapping !== undefined && values.ledger === undefined) {
    throw invalid("--mapping describes the columns of a file: give the file with --ledger.");
  }
  if (values.protocol !== undefined && values.ledger === undefined) {
    throw invalid("--protocol says how to use a file: give the file with --ledger.");
  }
  if (values.protocol !== undefined && values.trials !== undefined) {
    throw invalid(
      "--trials belongs to the search, and --protocol trains with library defaults: leave one of them out.",
    );
  }
  return {
    transfers: values.full ? 1_000_000 : whole("transfers", values.transfers ?? "500000", 20_000, 20_000_000),
    days: whole("days", values.days ?? "240", 60, 730),
    seed: whole("seed", values.seed ?? "7", 0, 2 ** 31 - 1),
    ...(values.late === undefined ? {} : { late: choice("late", values.late, VICTIM_TYPOLOGIES) }),
    ...(values.ledger === undefined ? {} : { ledger: values.ledger }),
    ...(values.mapping === undefined ? {} : { mapping: values.mapping }),
    ...(values.protocol === undefined ? {} : { protocol: choice("protocol", values.protocol, PROTOCOL_CHOICES) }),
    trainer: choice("trainer", values.trainer ?? "both", TRAINER_CHOICES),
    ...(values.gate === undefined ? {} : { gate: values.gate }),
    trials: whole("trials", values.trials ?? "3", 1, 500),
    data: values.data ?? "esteira-data",
    port: whole("port", values.port ?? "0", 0, 65_535),
    language: choice("language", values.language ?? "en", LANGUAGES),
    stay: values.stay ?? atTerminal,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true, allowNegative: true, allowPositionals: false })
      .values;
  } catch (error) {
    const found = /Unknown option '(--?[^']+)'/.exec(error instanceof Error ? error.message : "")?.[1];
    const name = found?.replace(/^-+/, "");
    const near = name === undefined ? undefined : nearest(name, Object.keys(FLAGS));
    if (found) throw invalid(`Unknown option ${found}${near ? `: did you mean --${near}?` : "."} See --help.`);
    throw invalid(`${error instanceof Error ? error.message.split(". ")[0] : String(error)}. See --help.`);
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw invalid(`--${name} is '${text}': expected a whole number from ${least} to ${most}.`);
  }
  return value;
}

function choice<const T extends readonly string[]>(name: string, text: string, allowed: T): T[number] {
  const found = allowed.find((item) => item === text);
  if (found === undefined) throw invalid(`--${name} is '${text}': expected one of ${allowed.join(", ")}.`);
  return found;
}

/** The candidate at the smallest edit distance, when it is near enough to be meant. */
function nearest(text: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({ candidate, distance: editDistance(text, candidate) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= Math.max(2, text.length / 3) ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
