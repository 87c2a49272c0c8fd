import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { LoadReport } from "./scoring-load.ts";

interface VegetaOrder {
  /** The program's file. */
  readonly program: string;
  /** The cores it may use, as taskset takes them. */
  readonly cores: string | undefined;
  /** For its files. */
  readonly folder: string;
  readonly url: string;
  readonly rate: number;
  readonly seconds: number;
  readonly bodies: readonly string[];
}

/** The load of `scoring-load.ts` sent by vegeta: the bodies in their order, at a fixed rate. Its times count from sending. */
export async function vegetaLoad(order: VegetaOrder): Promise<LoadReport> {
  const { program, folder, url, rate, seconds, bodies } = order;
  const header = { "Content-Type": ["application/json"] };
  const targets = join(folder, "vegeta-targets.json");
  const target = (body: string) =>
    JSON.stringify({ method: "POST", url, header, body: Buffer.from(body).toString("base64") });
  await writeFile(targets, bodies.map(target).join("\n"));
  const results = join(folder, "vegeta-results.bin");
  const attack = ["attack", "-format=json", `-targets=${targets}`, `-rate=${rate}`, `-duration=${seconds}s`];
  const pinned = order.cores === undefined ? [program] : ["taskset", "-c", order.cores, program];
  await run([...pinned, ...attack, "-max-workers=64", "-connections=64", `-output=${results}`]);
  // Columns: instant, status, latency in nanoseconds, and more.
  const lines = (await run([program, "encode", "-to=csv", results])).trim().split("\n");
  const answers = lines.map((line) => line.split(","));
  const took = answers.filter(([, status]) => status === "200").map(([, , latency]) => Number(latency) / 1e6);
  return { took, sinceDue: took, failed: answers.length - took.length, seconds };
}

async function run([command = "", ...args]: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const printed = await text(child.stdout);
  const [code] = await ended;
  if (code !== 0) throw new Error(`${command} ended with code ${code}.`);
  return printed;
}
