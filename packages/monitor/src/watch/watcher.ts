import { dirname } from "node:path";
import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import { windowsOf } from "../alerts/condition.ts";
import { type MonitorState, readState, writeState } from "../alerts/monitor-state.ts";
import { type DeliveryPorts, deliver } from "../delivery/deliver.ts";
import { afterAttempt, dueDeliveries, isWaiting } from "../delivery/outbox.ts";
import { standingOut } from "../diagnosis/standing-out.ts";
import { DEFAULTS, type MonitorFile } from "../file/monitor-file.ts";
import { readRetrainings } from "../retraining/retraining-state.ts";
import { freshnessSignals, serviceSignals, windowSignals } from "../signals/from-operation.ts";
import { reportSignals } from "../signals/from-report.ts";
import { retrainingSignals } from "../signals/from-retraining.ts";
import type { OperationTally } from "../signals/operation-tally.ts";
import { readServiceSample, withSamples } from "../signals/service-counters.ts";
import type { Signal } from "../signals/signal.ts";
import type { SliceTally } from "../signals/slice-tally.ts";
import { dueLooks, look } from "./look.ts";

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;

/** What a monitor reads: the ledgers of one model. */
export interface WatchedModel {
  /** Brings in what is new since the last time. */
  collect(now: number): Promise<void>;
  /** The recent decisions. */
  readonly tally: OperationTally;
  /** The same by their kinds, of a week and the last hours. */
  readonly slices: SliceTally;
  /** When the newest label that was known at each instant became known; undefined without any. */
  newestLabels(instants: readonly number[]): Promise<readonly (number | undefined)[]>;
  report(asOf: number): Promise<MonitorReport>;
}

export interface WatcherOptions {
  readonly file: MonitorFile;
  /** The file that keeps the alerts' state. */
  readonly statePath: string;
  readonly model: WatchedModel;
  readonly ports: DeliveryPorts;
  /** What a scoring server shows at an address of its metrics. */
  readonly scrape: (url: string) => Promise<string>;
  /** Told what went wrong, a sentence each. */
  readonly onFault: (sentence: string) => void;
}

/** What there is to see of a monitor at a moment. */
export interface Observed {
  readonly file: MonitorFile;
  readonly state: MonitorState;
  readonly signals: readonly Signal[];
  readonly report: MonitorReport | undefined;
  /** How long the last look took, seconds. */
  readonly lookSeconds: number;
  readonly faults: number;
  /** Of this process, by receiver and outcome. */
  readonly deliveries: readonly { readonly receiver: string; readonly outcome: Outcome; readonly count: number }[];
}

type Outcome = "delivered" | "retried" | "failed";

/** Watches one model: looks when it is time, keeps the state, and sends what is due. No fault of it ends it. */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #deliveries = new Map<string, { receiver: string; outcome: Outcome; count: number }>();
  #state: MonitorState;
  #signals: readonly Signal[] = [];
  #report: MonitorReport | undefined;
  #reportTriedAt = Number.NEGATIVE_INFINITY;
  #lookSeconds = 0;
  #faults = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: WatcherOptions, state: MonitorState) {
    this.#options = options;
    this.#state = state;
  }

  /** @throws EsteiraError INVALID_PARAMETER_VALUE when the state's file is another model's, or none. */
  static async open(options: WatcherOptions): Promise<Watcher> {
    return new Watcher(options, await readState(options.statePath, options.file.model));
  }

  get every(): number {
    return this.#options.file.every ?? DEFAULTS.every;
  }

  observed(): Observed {
    return {
      file: this.#options.file,
      state: this.#state,
      signals: this.#signals,
      report: this.#report,
      lookSeconds: this.#lookSeconds,
      faults: this.#faults,
      deliveries: [...this.#deliveries.values()],
    };
  }

  /** Looks now, and at each interval that was missed since the last look. What cannot be read is a signal that is missing. */
  async look(): Promise<void> {
    const { model, ports, file } = this.#options;
    const begun = performance.now();
    const now = ports.clock();
    await this.#guarded("The decisions could not be collected", () => model.collect(now));
    await this.#askServices(now);
    const instants = dueLooks(this.#state.lookedAt, now, this.every);
    const labels = await this.#guarded("The labels could not be read", () => model.newestLabels(instants));
    for (const [i, at] of instants.entries()) {
      this.#signals = await this.#signalsAt(at, labels?.[i]);
      const { slices } = model;
      const slice = standingOut(slices.between(at - HOUR, at), slices.between(at - WEEK - HOUR, at - WEEK));
      await this.#update((state) => look(state, file, { at, signals: this.#signals, report: this.#report, slice }));
    }
    this.#lookSeconds = (performance.now() - begun) / 1000;
  }

  /** Tries what is due, each once and all beside each other. Resolves with when the next is due; undefined when nothing waits. */
  async deliver(): Promise<number | undefined> {
    const { ports, file } = this.#options;
    const due = dueDeliveries(this.#state.outbox, ports.clock());
    await Promise.all(
      due.map(async (delivery) => {
        const attempt = await deliver(delivery, file, ports);
        const { id, receiver } = delivery.notification;
        this.#count(receiver, attempt.kind === "retry" ? "retried" : attempt.kind);
        if (attempt.kind !== "delivered") this.#fault(`${receiver} was not told: ${attempt.error}`);
        await this.#update((state) => ({ ...state, outbox: afterAttempt(state.outbox, id, attempt, ports.clock()) }));
      }),
    );
    const waiting = this.#state.outbox.filter(isWaiting);
    return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ dueAt }) => dueAt));
  }

  async #askServices(now: number): Promise<void> {
    const { file, scrape } = this.#options;
    if (file.services === undefined) return;
    const answers = await Promise.all(
      file.services.map(async (url) => {
        const sample = await this.#guarded(`${url} could not be asked`, async () => {
          const read = readServiceSample(await scrape(url), now);
          if (read === undefined) throw new Error("it shows no metrics of a scoring server");
          return read;
        });
        return sample === undefined ? [] : [[url, sample] as const];
      }),
    );
    const samples = Object.fromEntries(answers.flat());
    const longest = Math.max(0, ...file.rules.flatMap(windowsOf));
    await this.#update((state) => ({ ...state, services: withSamples(state.services, samples, now, longest) }));
  }

  async #signalsAt(at: number, label: number | undefined): Promise<readonly Signal[]> {
    const { model, file } = this.#options;
    const targets = {
      alertShare: file.budget.share,
      alertsPerDay: file.budget.perDay,
      latencyTargetMs: file.latencyTargetMs ?? Number.POSITIVE_INFINITY,
    };
    const windows = new Set(file.rules.flatMap(windowsOf));
    if (at - this.#reportTriedAt >= (file.report.every ?? DEFAULTS.reportEvery)) {
      this.#reportTriedAt = at;
      // One that cannot be made leaves the one before, whose age is a signal: nothing ends because nobody could look.
      const made = await this.#guarded("The report could not be made", () => model.report(at));
      this.#report = made ?? this.#report;
    }
    return [
      ...[...windows].flatMap((window) => windowSignals(model.tally, at, window, targets)),
      ...[...windows].flatMap((window) => serviceSignals(this.#state.services, at, window)),
      ...freshnessSignals(at, { decision: model.tally.newestBefore(at), label, report: this.#report?.asOf }),
      ...(await this.#retrainings(at)),
      ...(this.#report === undefined ? [] : reportSignals(this.#report)),
    ];
  }

  /** Whoever retrains keeps them beside the alerts' state. */
  async #retrainings(at: number): Promise<readonly Signal[]> {
    const { file, statePath } = this.#options;
    if (file.retrain === undefined) return [];
    const read = () => readRetrainings(dirname(statePath), file.model, at);
    const known = await this.#guarded("The retrainings could not be read", read);
    return known === undefined ? [] : retrainingSignals(known, at);
  }

  /** One change after the other. What cannot be written is kept in memory and written with the next: a full disk silences no alert. */
  #update(change: (state: MonitorState) => MonitorState): Promise<void> {
    const done = this.#writing.then(async () => {
      const next = change(this.#state);
      await this.#guarded("The state could not be written", () => writeState(this.#options.statePath, next));
      // Only now may anybody send what is in it: what is sent is on the disk.
      this.#state = next;
    });
    // A change that failed keeps none after it from being made.
    this.#writing = done.catch(() => {});
    return done;
  }

  async #guarded<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#fault(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  #fault(sentence: string): void {
    this.#faults++;
    this.#options.onFault(`${this.#options.file.model}: ${sentence}`);
  }

  #count(receiver: string, outcome: Outcome): void {
    const key = JSON.stringify([receiver, outcome]);
    const counted = this.#deliveries.get(key) ?? { receiver, outcome, count: 0 };
    counted.count++;
    this.#deliveries.set(key, counted);
  }
}
