/**
 * What a deployment is: which revision it runs, and which it ran before. Labels cannot be changed, so each change is an empty volume of its
 * own, and the one with the highest generation holds. A change that was begun and has no record yet has not happened.
 */

import { z } from "zod";
import { countsWire } from "../kubernetes/scorer-metrics.ts";
import { type Engine, EngineError } from "./engine.ts";
import { revisionWire } from "./revision.ts";

const LABEL = "dev.esteira.change-of";
const CONTENT = "dev.esteira.change";

const recordWire = z.object({
  generation: z.int(),
  revision: revisionWire,
  /** Where it listens on the machine. */
  port: z.int(),
  former: revisionWire.optional(),
  /** What servers that ran before this change had counted until then, by the id of their container. */
  before: z.record(z.string(), z.object({ restarts: z.int(), counts: countsWire.optional() })),
});
export type DeploymentRecord = z.output<typeof recordWire>;

const volumesWire = z.object({
  Volumes: z.array(z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() })).nullish(),
});

const prefix = (name: string): string => `esteira-${name}-change-`;

async function all(
  engine: Engine,
  name?: string,
): Promise<readonly { readonly of: string; readonly volume: string; readonly record: DeploymentRecord }[]> {
  const query = { filters: JSON.stringify({ label: [name === undefined ? LABEL : `${LABEL}=${name}`] }) };
  const call = { method: "GET", path: "/volumes", query, doing: "list volumes" } as const;
  const { Volumes } = await engine.call(call, volumesWire);
  return (Volumes ?? []).flatMap(({ Name, Labels }) => {
    const [of, record] = [Labels?.[LABEL], recordIn(Labels?.[CONTENT])];
    return of === undefined || record === undefined ? [] : [{ of, volume: Name, record }];
  });
}

function recordIn(text: string | undefined): DeploymentRecord | undefined {
  try {
    return recordWire.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}

/** Undefined where nothing is deployed. */
export async function newestRecord(engine: Engine, name: string): Promise<DeploymentRecord | undefined> {
  const found = await all(engine, name);
  return found.map(({ record }) => record).sort((a, b) => b.generation - a.generation)[0];
}

export const deployedNames = async (engine: Engine): Promise<readonly string[]> =>
  [...new Set((await all(engine)).map(({ of }) => of))].sort();

/** From here on the change holds: whoever comes next brings it about. */
export async function keepRecord(engine: Engine, name: string, record: DeploymentRecord): Promise<void> {
  const body = {
    Name: `${prefix(name)}${record.generation}`,
    Labels: { [LABEL]: name, [CONTENT]: JSON.stringify(record) },
  };
  await engine.tell({ method: "POST", path: "/volumes/create", body, doing: "keep what is deployed" });
}

/** Forgets all records, or all but those of these generations. */
export async function dropRecords(engine: Engine, name: string, kept: readonly number[] = []): Promise<void> {
  for (const { volume, record } of await all(engine, name)) {
    if (kept.includes(record.generation)) continue;
    await engine
      .tell({ method: "DELETE", path: `/volumes/${volume}`, doing: "forget what was deployed" })
      .catch((error: unknown) => {
        if (!(error instanceof EngineError && error.httpStatus === 404)) throw error;
      });
  }
}
