import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import type { Metric } from "@esteira/core/entities/metric";
import { EsteiraError } from "@esteira/core/errors";
import { type RunId, runId } from "@esteira/core/ids";
import { parseJson, stringifyJson } from "@esteira/core/wire/json";
import { metricToWire, metricWire } from "@esteira/core/wire/metric";
import type { Client } from "../client.ts";
import type { Spool } from "../metric-queue.ts";

const ENDING = ".metrics.jsonl";
const BROKEN = ".broken";
const PER_BATCH = 1000;

/**
 * Metrics of a run in a file of `folder` until they are acknowledged: a process that ends in the middle loses none that
 * it has logged. `sendSpooled` sends what such a process has left.
 */
export function fileSpool(folder: string, id: RunId): Spool {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${id}${ENDING}`);
  let file: number | undefined;
  let waiting = 0;
  return {
    keep(metrics) {
      if (metrics.length === 0) return;
      file ??= openSync(path, "a");
      writeSync(file, metrics.map((metric) => `${stringifyJson(metricToWire(metric))}\n`).join(""));
      waiting += metrics.length;
    },
    forget(count) {
      waiting -= count;
      // While something waits the whole file stays: the server drops exact repetitions.
      if (waiting > 0 || file === undefined) return;
      closeSync(file);
      file = undefined;
      rmSync(path, { force: true });
    },
  };
}

/**
 * Sends what earlier processes have left in `folder`, and takes it away. Resolves with the number of values sent. A file
 * whose run is gone, or whose values are refused, is kept aside with the ending `.broken`.
 */
export async function sendSpooled(client: Client, folder: string): Promise<number> {
  let sent = 0;
  for (const name of spooled(folder)) {
    const path = join(folder, name);
    const metrics = readMetrics(path);
    try {
      for (let at = 0; at < metrics.length; at += PER_BATCH) {
        await client.runs.logBatch(runId(basename(name, ENDING)), { metrics: metrics.slice(at, at + PER_BATCH) });
      }
    } catch (error) {
      const final =
        error instanceof EsteiraError &&
        ["INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "BAD_REQUEST"].includes(error.code);
      if (!final) throw error;
      renameSync(path, path + BROKEN);
      continue;
    }
    sent += metrics.length;
    rmSync(path);
  }
  return sent;
}

function spooled(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ENDING))
      .sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** A last line that was cut in the middle of its writing was never acknowledged to anybody. */
function readMetrics(path: string): Metric[] {
  const text = readFileSync(path, "utf8");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.filter((line) => line !== "").map((line) => metricWire.parse(parseJson(line)));
}
