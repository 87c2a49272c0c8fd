/** The streams of `detection` given to evidently and NannyML, with their defaults. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { STREAM_FEATURES, type StreamOptions, streamOf } from "@esteira/lifecycle/monitoring/stream-world";
import { parquetWriteFile } from "hyparquet-writer";

const run = promisify(execFile);
export const PEERS = ["evidently", "nannyml"] as const;
export type Peer = (typeof PEERS)[number];

/** Undefined where its Python is not there. */
export function pythonOf(peer: Peer): string | undefined {
  const path =
    process.env[`ESTEIRA_${peer.toUpperCase()}_PYTHON`] ?? join(homedir(), `.cache/esteira/${peer}/bin/python`);
  return existsSync(path) ? path : undefined;
}

/** What a peer tells of each day from the reference's end on: day and text. */
export async function toldBy(
  peer: Peer,
  python: string,
  stream: StreamOptions,
  days: { readonly reference: number; readonly last: number },
): Promise<readonly (readonly [number, string])[]> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-bench-detection-"));
  try {
    const path = join(folder, "stream.parquet");
    writeStream(path, stream, days.last);
    const script = fileURLToPath(new URL("detection.py", import.meta.url));
    const { stdout } = await run(python, [script, peer, path, String(days.reference), String(days.last)], {
      maxBuffer: 1 << 26,
    });
    const told: [number, string][] = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    return told;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function writeStream(filename: string, stream: StreamOptions, days: number): void {
  const columns = new Map<string, number[]>(
    ["day", "score", "alerted", "fraud", ...STREAM_FEATURES].map((name) => [name, []]),
  );
  const add = (name: string, values: ArrayLike<number>): void => {
    const column = columns.get(name)!;
    for (let row = 0; row < values.length; row++) column.push(values[row]!);
  };
  let day = 0;
  for (const { features, score, alerted, fraud } of streamOf({ ...stream, days })) {
    add("day", new Uint8Array(score.length).fill(day++));
    add("score", score);
    add("alerted", alerted);
    // They are given the truth of the reference at once, which nobody has.
    add("fraud", fraud);
    STREAM_FEATURES.forEach((name, at) => {
      add(name, features[at]!);
    });
  }
  parquetWriteFile({
    filename,
    columnData: [...columns].map(([name, values]) => ({
      name,
      data: ["day", "alerted", "fraud"].includes(name) ? Int32Array.from(values) : Float64Array.from(values),
      type: ["day", "alerted", "fraud"].includes(name) ? ("INT32" as const) : ("DOUBLE" as const),
    })),
  });
}
