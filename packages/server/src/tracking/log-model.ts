import { invalid } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import { pythonJson } from "@esteira/core/python-json";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { z } from "zod";
import { update, writes } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";

const HISTORY_TAG = "mlflow.log-model.history";
const MANDATORY = ["artifact_path", "flavors", "utc_time_created", "run_id"] as const;

/** The way in which clients before MLflow 3 recorded a model: a list in a tag of the run, one entry a model. */
export function logModelEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/runs/log-model",
      policy: writes(update("run", "run_id")),
      summary: "Record a model in a run's history, as clients before MLflow 3 do",
      input: z.object({ run_id: requiredText, model_json: requiredText }),
      output: nothing,
      run: async ({ run_id, model_json }) => {
        const model = parseModel(model_json);
        const missing = MANDATORY.filter((field) => !Object.hasOwn(model, field));
        if (missing.length > 0) {
          throw invalid(`Model json is missing mandatory fields: {${missing.map((field) => `'${field}'`).join(", ")}}`);
        }
        await store.changeTag(runId(run_id), HISTORY_TAG, (history) =>
          pythonJson([...parseHistory(history), historyEntry(model)]),
        );
        return {};
      },
    }),
  ];
}

/** What MLflow keeps of a model: flavors without their configurations, which may be large. */
function historyEntry(model: LegacyModel): object {
  const { run_id, artifact_path, utc_time_created, model_uuid = null, flavors } = model;
  const kept = Object.entries(flavors ?? {}).map(([name, flavor]) => {
    if (typeof flavor !== "object" || flavor === null) return [name, flavor];
    const { config: _, ...rest } = flavor as Record<string, unknown>;
    return [name, rest];
  });
  return { run_id, artifact_path, utc_time_created, model_uuid, flavors: Object.fromEntries(kept) };
}

type LegacyModel = Readonly<Record<string, unknown>>;

function parseModel(json: string): LegacyModel {
  const model = parse(json);
  if (typeof model === "object" && model !== null && !Array.isArray(model)) return model as LegacyModel;
  throw invalid(`Malformed model info. \n ${json.slice(0, 300)} \n is not a valid JSON.`);
}

const parseHistory = (json: string | undefined): readonly unknown[] => {
  const history = json === undefined ? [] : parse(json);
  return Array.isArray(history) ? history : [];
};

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
