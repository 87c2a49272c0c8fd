import { Agent } from "node:http";
import { type LatencySummary, summariseLatency } from "@esteira/lifecycle/monitoring/latency";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { createScoringServer } from "@esteira/models/serving/scoring-server";
import { labelSchedule } from "../features/offline.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { createDecisionService, type DecisionRecord } from "../service/decision-service.ts";
import { openFraudModel } from "../service/fraud-model.ts";
import { fraudToWire, transferToWire } from "../service/ledger-wire.ts";
import { mountDecisionRoutes, type ServiceIdentity } from "../service/routes.ts";
import { type RowRange, rowsIn, valuesOf } from "../training/rows.ts";
import type { Study } from "../training/study.ts";
import { poster } from "./poster.ts";

/** So many transfers go one a request, for the latency that a caller sees; the rest go in lists. */
export const SINGLE_REQUESTS = 3000;
/** The first answers warm the code; they are scored, and not timed. */
export const WARM_UP = 300;
export const LIST = 250;

/** What the served model did on the live span, row by row. */
export interface Replay {
  readonly rows: RowRange;
  readonly scores: Float64Array;
  /** 1 where the transfer was held for review. */
  readonly alerts: Uint8Array;
  readonly threshold: number;
  /** Milliseconds of the request, where one transfer was sent alone; NaN elsewhere. */
  readonly latencyMs: Float64Array;
  /** Of those. */
  readonly latency: LatencySummary;
  /**
   * Rows in which the service differs, to the bit, from what was computed offline: in a feature where it computes them, in the
   * score where it is sent them.
   */
  readonly parityMismatches: number;
  /** Decisions to hold a transfer that are on record; undefined where the service made none. */
  readonly recorded: number | undefined;
  /** The last transfer that was held, with its reasons. */
  readonly example: DecisionRecord | undefined;
}

/**
 * Serves a model folder on a free loopback port and sends the live span through it, in order, labels as they come. What holds a
 * transfer is recorded in the folder `decisions`.
 */
export async function replay(
  study: Study,
  folder: string,
  identity: ServiceIdentity,
  decisions: string,
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void,
): Promise<Replay> {
  const { ledger, timeline } = study;
  const rows = rowsIn(ledger, timeline.live);
  const count = rows.to - rows.from;
  const service = createDecisionService(await openFraudModel(folder));
  service.warm(ledger, rows.from);

  const offline = valuesOf(study.table, rows);
  const columns = service.model.names.map((name) => study.table.names.indexOf(name));
  const width = study.table.names.length;
  const scores = new Float64Array(count);
  const alerts = new Uint8Array(count);
  let done = 0;
  let parityMismatches = 0;
  let example: DecisionRecord | undefined;
  const onDecision = (record: DecisionRecord) => {
    scores[done] = record.score;
    if (record.decision !== "allow") {
      alerts[done] = 1;
      example = record;
    }
    const same = columns.every((column, at) => Object.is(record.features[at], offline[done * width + column]));
    if (!same) parityMismatches++;
    done++;
  };

  const log = await openDecisionLog({ folder: decisions });
  const app = await createScoringServer({
    model: service.model.loaded,
    decisions: log,
    extend: (server) => mountDecisionRoutes(server, service, identity, onDecision, { log, kept: "held" }),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const address = await app.listen({ host: "127.0.0.1", port: 0 });
    const post = poster(address, agent);
    const latencyMs = new Float64Array(count).fill(Number.NaN);
    const frauds = labelSchedule(ledger);
    let nextFraud = frauds.visibleFrom.findIndex((row) => row > rows.from);
    if (nextFraud < 0) nextFraud = frauds.count;
    for (let row = rows.from; row < rows.to; ) {
      signal.throwIfAborted();
      const single = row - rows.from < SINGLE_REQUESTS;
      const end = single ? row + 1 : Math.min(rows.to, row + LIST);
      // A fraud that becomes known within the list waits for its instant inside the service.
      const known: unknown[] = [];
      while (nextFraud < frauds.count && frauds.visibleFrom[nextFraud]! < end) {
        known.push(fraudToWire(ledger, frauds.rows[nextFraud++]!));
      }
      for (let at = 0; at < known.length; at += 1000) await post("/v1/frauds", known.slice(at, at + 1000));
      const body = single ? transferToWire(ledger, row) : wireRows(ledger, row, end);
      const started = performance.now();
      await post("/v1/transfers", body);
      if (single && row - rows.from >= WARM_UP) latencyMs[row - rows.from] = performance.now() - started;
      row = end;
      onProgress(done, count);
    }
    // Not merely settled: on a full disk that would wait for room.
    await log.close();
    return {
      rows,
      scores,
      alerts,
      recorded: alerts.reduce((sum, alert) => sum + alert, 0) - log.missed,
      threshold: service.model.threshold,
      latencyMs,
      latency: summariseLatency(latencyMs),
      parityMismatches,
      example,
    };
  } finally {
    agent.destroy();
    await app.close();
    await log.close();
  }
}

const wireRows = (ledger: Ledger, from: number, to: number): unknown[] =>
  Array.from({ length: to - from }, (_, at) => transferToWire(ledger, from + at));
