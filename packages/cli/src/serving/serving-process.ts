import { EsteiraError } from "@esteira/core/errors";
import type { ServableModel } from "@esteira/models/flavors/flavor";
import { openModel } from "@esteira/models/flavors/open-model";
import { followConnections } from "@esteira/models/serving/connections";
import { createModelHolder, type ModelHolder } from "@esteira/models/serving/model-holder";
import { createObservation } from "@esteira/models/serving/observation";
import { openRequestLog } from "@esteira/models/serving/request-log";
import { createScoringServer, type ScoringServerOptions } from "@esteira/models/serving/scoring-server";
import { openTracing } from "@esteira/models/serving/tracing";
import type { Traffic } from "@esteira/models/serving/traffic";
import { warmUp } from "@esteira/models/serving/warm-up";
import type { FetchedModel } from "./model-source.ts";
import { openRecording } from "./recording.ts";
import type { ServeSettings } from "./serve-settings.ts";
import { seeCells } from "./young-space.ts";

export const ROLES = ["primary", "canary", "shadow"] as const;
export type Role = (typeof ROLES)[number];

export type FetchedModels = { readonly primary: FetchedModel } & { readonly [role in Role]?: FetchedModel };

/** Models under an address: one process, or several that share it. */
export interface ServingProcess {
  /** Where it listens, `http://host:port`. */
  readonly address: string;
  /** Serves another model from now on. Resolves when the last request of the former one is answered; throws when it cannot be loaded, and changes nothing. */
  swap(role: Role, model: FetchedModel): Promise<void>;
  /**
   * Serves these models and no others from now on, of which it opens those that it does not serve yet; throws when one cannot be
   * loaded, and changes nothing. What is observed begins anew, as `generation`. For a process that serves alone.
   */
  direct(models: FetchedModels, share: number, generation: number): Promise<void>;
  /** Answers what is under way, then ends. */
  close(): Promise<void>;
}

/** Those that are not served yet, opened; when one cannot be, the others are closed again. */
async function openOthers(
  models: FetchedModels,
  served: { readonly [role in Role]?: FetchedModel | undefined },
  open: (model: FetchedModel) => Promise<ServableModel>,
): Promise<ReadonlyMap<Role, ServableModel>> {
  const fresh = new Map<Role, ServableModel>();
  try {
    for (const role of ROLES) {
      const model = models[role];
      if (model !== undefined && model.folder !== served[role]?.folder) fresh.set(role, await open(model));
    }
    return fresh;
  } catch (error) {
    for (const model of fresh.values()) await model.close?.();
    throw error;
  }
}

/** `signal` ends the start, with what it has started; afterwards it is not looked at. */
export async function startServingProcess(
  settings: ServeSettings,
  models: FetchedModels,
  note: (line: string) => void,
  signal: AbortSignal,
  shareMetrics?: ScoringServerOptions["shareMetrics"],
): Promise<ServingProcess> {
  const { engine, python, timeoutSeconds } = settings;
  const recording = await openRecording(settings);
  const open = async (model: FetchedModel): Promise<ServableModel> => {
    await recording?.learn(model);
    const onPrint = (line: string) => note(`python: ${line}`);
    const opened = await openModel(model.folder, { engine, python, timeoutSeconds, note, signal, onPrint });
    if (settings.warmUp) await warmUp(opened, model.folder);
    return opened;
  };
  const opened: ModelHolder[] = [];
  const hold = async (model: FetchedModel): Promise<ModelHolder> => {
    const { name, version } = model;
    const holder = createModelHolder(await open(model), { name, version });
    opened.push(holder);
    return holder;
  };
  const closeModels = async (): Promise<void> => {
    await Promise.all(opened.map(({ current }) => current.close?.()));
  };
  const begin = async (): Promise<ServingProcess> => {
    const primary = await hold(models.primary);
    const canary = models.canary && (await hold(models.canary));
    const shadow = models.shadow && (await hold(models.shadow));
    const holders: { primary: ModelHolder } & { [role in Role]?: ModelHolder | undefined } = {
      primary,
      canary,
      shadow,
    };
    const served: { [role in Role]?: FetchedModel | undefined } = { ...models };
    const traffic: { -readonly [key in keyof Traffic]: Traffic[key] } = {
      primary,
      canary: canary && settings.canary && { holder: canary, share: settings.canary.share },
      shadow,
    };
    const observation = settings.deployment === undefined ? undefined : createObservation();
    const requestLog = settings.requestLog && (await openRequestLog(settings.requestLog));
    const tracing = await openTracing(note);
    const app = await createScoringServer({
      model: primary,
      traffic,
      isLast: (socket) => connections?.isLast(socket) === true,
      onVariant: observation?.record,
      onShadow: observation?.recordShadow,
      ...(observation && {
        extend: (server) => void server.get("/esteira/observation", async () => observation.read()),
      }),
      bodyLimit: settings.bodyLimit,
      maxInFlight: settings.maxInFlight,
      onRequest: (request) => {
        seeCells(request.rows * (request.scored?.table.columns.length ?? 0));
        requestLog?.write(request);
        recording?.keep(request);
      },
      unlogged: requestLog && (() => requestLog.missed),
      decisions: recording?.log,
      tracing,
      shareMetrics,
    });
    const connections = settings.connections && followConnections(app.server, settings.connections);
    const address = await app.listen({ host: settings.host, port: settings.port });
    return {
      address,
      async swap(role, model) {
        const holder = holders[role];
        if (holder === undefined) return;
        const { name, version } = model;
        const fresh = await open(model);
        served[role] = model;
        const former = await holder.swap(fresh, { name, version });
        await former.close?.();
      },
      async direct(next, share, generation) {
        const fresh = await openOthers(next, served, open);
        const gone: Promise<ServableModel>[] = [];
        for (const role of ROLES) {
          const [model, former] = [fresh.get(role), holders[role]];
          const wanted = next[role];
          if (wanted === undefined) {
            if (former !== undefined) {
              gone.push(former.retire());
              opened.splice(opened.indexOf(former), 1);
            }
            delete holders[role];
          } else if (model !== undefined) {
            const identity = { name: wanted.name, version: wanted.version };
            if (former !== undefined) gone.push(former.swap(model, identity));
            else {
              const holder = createModelHolder(model, identity);
              opened.push(holder);
              holders[role] = holder;
            }
          }
          served[role] = wanted;
        }
        traffic.canary = holders.canary && { holder: holders.canary, share };
        traffic.shadow = holders.shadow;
        observation?.begin(generation);
        for (const former of await Promise.all(gone)) await former.close?.();
      },
      async close() {
        await connections?.drain();
        await app.close();
        await requestLog?.close();
        await recording?.close();
        await tracing?.close();
        await closeModels();
      },
    };
  };
  try {
    return await begin();
  } catch (error) {
    await closeModels();
    await recording?.close();
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new EsteiraError(
        "INVALID_PARAMETER_VALUE",
        `Port ${settings.port} is already in use: choose another with --port, or 0 for any.`,
      );
    }
    throw error;
  }
}
