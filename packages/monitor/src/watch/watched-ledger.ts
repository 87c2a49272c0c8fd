import { resolve } from "node:path";
import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import { windowsOf } from "../alerts/condition.ts";
import { DEFAULTS, type MonitorFile } from "../file/monitor-file.ts";
import { readLabels } from "../labels/label-files.ts";
import { collectDecisions } from "../ledger/collect.ts";
import { type LedgerReportOptions, reportOnLedger } from "../report/ledger-report.ts";
import { OperationTally } from "../signals/operation-tally.ts";
import { SliceTally } from "../signals/slice-tally.ts";
import { LedgerTail } from "./ledger-tail.ts";
import { MOST_MISSED } from "./look.ts";
import type { WatchedModel } from "./watcher.ts";

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;

/** Does work when what was given before is done. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** A model's ledger as a monitor reads it. */
export class WatchedLedger implements WatchedModel {
  readonly #file: MonitorFile;
  readonly #inTurn: InTurn;
  readonly #folder: string;
  readonly #ledger: string;
  readonly #decisions: string | undefined;
  readonly #tail: LedgerTail;
  readonly #keepMs: number;

  /**
   * `folder`: where the file's relative paths begin. `since`: the instant of the last look (milliseconds), from which looks are made up for; now where
   * there was none.
   */
  constructor(options: {
    readonly file: MonitorFile;
    readonly folder: string;
    readonly since: number;
    readonly now: number;
    /** Models that share a ledger are collected in turn. */
    readonly inTurn: InTurn;
  }) {
    const { file, folder, since, now, inTurn } = options;
    this.#file = file;
    this.#inTurn = inTurn;
    this.#folder = folder;
    this.#ledger = resolve(folder, file.ledger);
    this.#decisions = file.decisions === undefined ? undefined : resolve(folder, file.decisions);
    const missed = Math.min(Math.max(0, now - since), MOST_MISSED * (file.every ?? DEFAULTS.every));
    this.#keepMs = longestLook(file) + missed;
    this.#tail = new LedgerTail({
      ledger: this.#ledger,
      model: file.model,
      features: featuresOf(file),
      amount: file.amount,
      newTallies: () => ({
        tally: new OperationTally({
          keepMs: this.#keepMs,
          latencyTargetMs: file.latencyTargetMs ?? Number.POSITIVE_INFINITY,
        }),
        slices: new SliceTally(this.#keepMs),
      }),
    });
  }

  get tally(): OperationTally {
    return this.#tail.tallies.tally;
  }

  get slices(): SliceTally {
    return this.#tail.tallies.slices;
  }

  async collect(now: number): Promise<void> {
    const decisions = this.#decisions;
    try {
      if (decisions !== undefined) await this.#inTurn(() => collectDecisions({ ledger: this.#ledger, decisions, now }));
    } finally {
      // What somebody else has collected counts all the same.
      await this.#tail.follow(now - this.#keepMs);
    }
  }

  async report(asOf: number): Promise<MonitorReport> {
    const { model, budget, amount, currency, report } = this.#file;
    const window = { from: asOf - (report.window ?? DEFAULTS.reportWindow), to: asOf };
    const made = await reportOnLedger({
      ...{ ledger: this.#ledger, asOf, window, model, amount, currency, budget: budget.share },
      reference: this.#referenceOf(window.from),
      settings: report.maturityDays === undefined ? undefined : { maturityDays: report.maturityDays },
    });
    return made.report;
  }

  #referenceOf(windowFrom: number): LedgerReportOptions["reference"] {
    const { reference } = this.#file;
    if ("file" in reference) return { file: resolve(this.#folder, reference.file), map: new Map() };
    return {
      window: "before" in reference ? { from: windowFrom - reference.before, to: windowFrom } : reference,
    };
  }

  async newestLabels(instants: readonly number[]): Promise<readonly (number | undefined)[]> {
    const newest = instants.map((): number | undefined => undefined);
    for await (const { knownAt } of readLabels(this.#ledger))
      instants.forEach((at, i) => {
        if (knownAt <= at && knownAt > (newest[i] ?? Number.NEGATIVE_INFINITY)) newest[i] = knownAt;
      });
    return newest;
  }
}

/** How far back a look sees, milliseconds: its longest window, and that of the week before, with which it is compared. */
const longestLook = ({ rules }: MonitorFile): number => Math.max(HOUR, ...rules.flatMap(windowsOf)) + WEEK;

/** Features whose missing values are counted: only those that a rule is about. */
function featuresOf({ rules }: MonitorFile): readonly string[] | "all" {
  const named = rules.filter(({ signal }) => signal === "feature_missing").map(({ where }) => where.feature);
  if (named.some((feature) => feature === undefined || feature === "*")) return "all";
  return named.flatMap((feature) => feature ?? []);
}
