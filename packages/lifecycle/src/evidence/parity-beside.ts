import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PARITY_FILE, type ParitySummary, readParityReport } from "@esteira/models/verification/parity-report";

/** What `esteira models verify --against` left beside the model; null when nobody asked it. */
export async function parityBeside(folder: string): Promise<ParitySummary | null> {
  const text = await readFile(join(folder, PARITY_FILE), "utf8").catch(() => null);
  return text === null ? null : readParityReport(text);
}
