import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { notFound } from "@esteira/core/errors";
import {
  ORDERS,
  type Orders,
  ordersWire,
  REPORT,
  type Report,
  readJson,
  writeJson,
} from "@esteira/deploy/local/folder";
import type { Wanted } from "@esteira/deploy/wanted";
import type { AskClient } from "@esteira/sdk/node/model-uri";
import { createModelSource, type FetchedModel, type ModelSource } from "./model-source.ts";
import type { ServeSettings } from "./serve-settings.ts";
import { type FetchedModels, startServingProcess } from "./serving-process.ts";

const LOOK_EVERY_MS = 150;

/**
 * Serves what the orders in a folder say until `stop` is aborted or the folder is gone, follows each new order, and reports
 * what it serves. An order that cannot be followed is refused whole, and the models of before go on.
 */
export async function serveOrders({
  folder,
  settings,
  scratch,
  client,
  note,
  stop,
}: {
  readonly folder: string;
  readonly settings: ServeSettings;
  readonly scratch: string;
  readonly client: AskClient;
  readonly note: (line: string) => void;
  readonly stop: AbortController;
}): Promise<void> {
  const cache = modelCache(scratch, client);
  let orders = await readJson(ordersWire, folder, ORDERS);
  if (orders === undefined) throw notFound(`${folder} holds no ${ORDERS}: a deployment makes it.`);
  const models = await cache.modelsOf(orders.wanted);
  const { canary } = orders.wanted;
  const serving = await startServingProcess(
    { ...settings, canary: canary && { uri: canary.model, share: canary.share } },
    models,
    note,
    stop.signal,
  );
  let report: Report = { pid: process.pid, url: serving.address, generation: orders.generation };
  const say = async (next: Report): Promise<void> => {
    report = next;
    await writeJson(report, folder, REPORT);
  };
  const direct = async (next: Orders): Promise<void> => {
    try {
      const fetched = await cache.modelsOf(next.wanted);
      await serving.direct(fetched, next.wanted.canary?.share ?? 0, next.generation);
      orders = next;
      note(`Serves generation ${next.generation}: ${said(fetched)}.`);
      await say({ pid: report.pid, url: report.url, generation: next.generation });
      await cache.keepOnly(next.wanted);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      note(`Generation ${next.generation} cannot be served, generation ${report.generation} goes on: ${problem}`);
      await say({ ...report, refused: { generation: next.generation, problem } });
    }
  };
  try {
    // Counts as that generation from here on, though nothing changes.
    await serving.direct(models, canary?.share ?? 0, orders.generation);
    note(`Serves generation ${orders.generation} at ${serving.address}: ${said(models)}.`);
    await say(report);
    let looked = performance.now();
    while (!stop.signal.aborted && existsSync(folder)) {
      const next = await readJson(ordersWire, folder, ORDERS);
      const isNew = next !== undefined && next.generation !== (report.refused?.generation ?? report.generation);
      if (isNew) await direct(next);
      else if (settings.refreshSeconds > 0 && performance.now() - looked > settings.refreshSeconds * 1000) {
        looked = performance.now();
        if (await cache.look(note)) {
          const current = orders;
          await serving
            .direct(await cache.modelsOf(current.wanted), current.wanted.canary?.share ?? 0, current.generation)
            .catch((error: Error) => note(`The served models stay: ${error.message}`));
        }
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    await serving.close();
  }
}

const said = ({ primary, canary, shadow }: FetchedModels): string =>
  [
    `${primary.name} version ${primary.version}`,
    ...(canary === undefined ? [] : [`canary version ${canary.version}`]),
    ...(shadow === undefined ? [] : [`shadow version ${shadow.version}`]),
  ].join(", ");

/** Models by their URI, each downloaded once for all that name it. */
function modelCache(scratch: string, client: AskClient) {
  const kept = new Map<string, { source: ModelSource; model: FetchedModel }>();
  let sources = 0;
  const fetched = async (uri: string): Promise<FetchedModel> => {
    const known = kept.get(uri);
    if (known !== undefined) return known.model;
    const source = createModelSource(uri, join(scratch, `model-${sources++}`), client);
    const model = await source.next();
    if (model === undefined) throw new Error(`${uri} was asked for the first time, and is not new`);
    kept.set(uri, { source, model });
    return model;
  };
  const urisOf = ({ model, canary, shadow }: Wanted): ReadonlySet<string> =>
    new Set([model, ...(canary === undefined ? [] : [canary.model]), ...(shadow === undefined ? [] : [shadow])]);
  return {
    async modelsOf({ model, canary, shadow }: Wanted): Promise<FetchedModels> {
      return {
        primary: await fetched(model),
        ...(canary && { canary: await fetched(canary.model) }),
        ...(shadow !== undefined && { shadow: await fetched(shadow) }),
      };
    },
    /** Looks where aliases and stages lead now; true when one leads elsewhere. */
    async look(note: (line: string) => void): Promise<boolean> {
      let isNew = false;
      for (const [uri, one] of kept) {
        try {
          const next = await one.source.next();
          if (next === undefined) continue;
          one.model = next;
          isNew = true;
        } catch (error) {
          note(`${uri} cannot be followed, the served model stays: ${error instanceof Error ? error.message : error}`);
        }
      }
      return isNew;
    },
    async keepOnly(wanted: Wanted): Promise<void> {
      const uris = urisOf(wanted);
      for (const [uri, { source, model }] of kept) {
        if (uris.has(uri)) continue;
        kept.delete(uri);
        await source.release(model);
      }
    },
  };
}
