import { EsteiraError, invalid } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText, textOrEmpty } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import { withRunId } from "../http/run-id.ts";
import { asSingle } from "./single.ts";

export function paramEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/runs/log-parameter",
      summary: "Log a param",
      input: withRunId({ key: requiredText, value: textOrEmpty }),
      output: nothing,
      run: async (input) => {
        const { run_id, key, value } = input;
        try {
          await store.logBatch(runId(run_id), { metrics: [], params: [{ key, value }], tags: [] });
        } catch (error) {
          throw (await changedValue(store, run_id, { key, value }, error)) ?? asSingle(error);
        }
        return {};
      },
    }),
  ];
}

/** A param that changes is refused; the single call names the old and the new value, where a batch lists them. */
async function changedValue(
  store: TrackingStore,
  run: string,
  param: { key: string; value: string },
  error: unknown,
): Promise<EsteiraError | undefined> {
  if (!(error instanceof EsteiraError) || !error.message.startsWith("Changing param values")) return undefined;
  const { data } = await store.getRun(runId(run));
  const old = data.params.find(({ key }) => key === param.key)?.value;
  if (old === undefined) return undefined;
  return invalid(
    `Changing param values is not allowed. Param with key='${param.key}' was already logged with value='${old}' for run ID='${run}'. Attempted logging new value '${param.value}'.`,
  );
}
