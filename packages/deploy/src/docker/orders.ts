/**
 * The newest change of a deployment, as whoever deploys counts them (see ApplyOptions): labels of a container cannot be changed, so it
 * is kept as an empty volume, which stays behind when the deployment is removed.
 */

import { z } from "zod";
import type { Engine } from "./engine.ts";

const LABEL = "dev.esteira.order-of";
const volumesWire = z.object({ Volumes: z.array(z.object({ Name: z.string() })).nullish() });

const prefix = (name: string): string => `esteira-${name}-order-`;

async function orders(engine: Engine, name: string): Promise<readonly number[]> {
  const query = { filters: JSON.stringify({ label: [`${LABEL}=${name}`] }) };
  const { Volumes } = await engine.call({ method: "GET", path: "/volumes", query, doing: "list volumes" }, volumesWire);
  return (Volumes ?? [])
    .map(({ Name }) => (Name.startsWith(prefix(name)) ? Number(Name.slice(prefix(name).length)) : Number.NaN))
    .filter((order) => Number.isSafeInteger(order));
}

/** 0 where none was ever counted. */
export const newestOrder = async (engine: Engine, name: string): Promise<number> =>
  Math.max(0, ...(await orders(engine, name)));

export async function recordOrder(engine: Engine, name: string, order: number): Promise<void> {
  const body = { Name: `${prefix(name)}${order}`, Labels: { [LABEL]: name } };
  await engine.tell({ method: "POST", path: "/volumes/create", body, doing: "keep the number of a change" });
  for (const old of await orders(engine, name)) {
    if (old >= order) continue;
    await engine.tell({
      method: "DELETE",
      path: `/volumes/${prefix(name)}${old}`,
      doing: "forget the number of a change",
    });
  }
}
