import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { writeWhole } from "../whole-file.ts";
import type { Retrainings } from "./retraining.ts";

const FILE = "retrainings.json";

const instant = z.number().nonnegative();
const causeWire = z.discriminatedUnion("kind", [
  z.object({
    ...{ kind: z.literal("alert"), id: z.string(), rule: z.string(), since: instant },
    labels: z.partialRecord(z.enum(["version", "arm", "feature", "typology"]), z.string()),
  }),
  z.object({ kind: z.literal("calendar"), id: z.string() }),
]);
const retrainingsWire = z.object({
  format: z.literal(1),
  model: z.string(),
  since: instant,
  all: z.array(
    z.object({
      ...{ causes: z.array(causeWire), begunAt: instant, attempts: z.int().positive(), endedAt: instant.nullable() },
      ...{ run: z.string().nullable(), version: z.string().nullable(), flow: z.int().nullable() },
      failure: z.string().nullable(),
    }),
  ),
});

/**
 * The retrainings that the folder of a monitor's state keeps; none yet where it has no file of them, counted from `now`.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE when the file holds none, or those of another model.
 */
export async function readRetrainings(folder: string, model: string, now: number): Promise<Retrainings> {
  const path = join(folder, FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { format: 1, model, since: now, all: [] };
  const parsed = retrainingsWire.safeParse(jsonOf(text));
  if (!parsed.success || parsed.data.model !== model)
    throw invalid(`${path} does not hold the retrainings of ${model}: move it away, and every cause counts anew.`);
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** On the disk, whole, when this resolves. */
export const writeRetrainings = (folder: string, retrainings: Retrainings): Promise<void> =>
  writeWhole(join(folder, FILE), JSON.stringify(retrainings));
