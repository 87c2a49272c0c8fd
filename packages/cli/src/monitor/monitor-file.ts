import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { MonitorFile } from "@esteira/monitor/file/monitor-file";
import { parseMonitor } from "@esteira/monitor/file/parse-monitor";

export interface ReadMonitor {
  readonly file: MonitorFile;
  readonly path: string;
  /** Where its relative paths begin. */
  readonly folder: string;
}

/** Reads a monitor.yaml. Throws INVALID_PARAMETER_VALUE when it cannot be read, and with every fault of it. */
export async function readMonitor(given: string): Promise<ReadMonitor> {
  const path = resolve(given);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw invalid(`The monitor's file '${given}' cannot be read (${error.code ?? error.message}).`);
  });
  return { file: parseMonitor(text, basename(path)), path, folder: dirname(path) };
}

/** Where the state of a file's monitor is kept: each file has a folder of its own in `given`, or beside it. */
export const stateFolder = ({ folder, path }: ReadMonitor, given: string | undefined): string =>
  join(given === undefined ? join(folder, ".esteira-monitor") : resolve(given), basename(path));
