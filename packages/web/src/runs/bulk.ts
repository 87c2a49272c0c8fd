import { experimentId, type RunId, runId } from "@esteira/core/ids";
import { runClient } from "../api/run-client.ts";

/** Calls under way at once: the server groups what comes together. */
const AT_ONCE = 6;

/** Some of many calls failed; the others were done. */
export class SomeFailed extends Error {
  readonly failed: number;
  constructor(failed: number, first: unknown) {
    super(first instanceof Error ? first.message : String(first));
    this.failed = failed;
  }
}

/** Does it for each run, whatever happens to the others; tells how many are done. Gives those for which it was done. */
export async function forEachRun(
  ids: readonly string[],
  act: (id: RunId) => Promise<unknown>,
  onProgress: (done: number) => void = () => {},
): Promise<{ done: readonly string[]; fault: SomeFailed | undefined }> {
  const done: string[] = [];
  const faults: unknown[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < ids.length; at = next++) {
      const id = ids[at] ?? "";
      try {
        await act(runId(id));
        done.push(id);
      } catch (error) {
        faults.push(error);
      }
      onProgress(done.length + faults.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { done, fault: faults.length === 0 ? undefined : new SomeFailed(faults.length, faults[0]) };
}

/** Sets a tag, or takes it away where the value is undefined; what was there before is what `undo` needs. */
export const setTag = (id: RunId, key: string, value: string | undefined): Promise<unknown> =>
  value === undefined ? runClient.deleteTag(id, key) : runClient.setTag(id, { key, value });

const AT_A_TIME = 500;

/** The tag's value of each run as it is now; undefined of those without it. */
export async function tagsNow(
  experiment: string,
  ids: readonly string[],
  key: string,
): Promise<ReadonlyMap<string, string | undefined>> {
  const found = new Map<string, string | undefined>();
  for (let from = 0; from < ids.length; from += AT_A_TIME) {
    const some = ids.slice(from, from + AT_A_TIME);
    const { runIds = [], columns } = await runClient.columns({
      experimentIds: [experimentId(experiment)],
      viewType: "ALL",
      filter: `attributes.run_id IN (${some.map((id) => `'${id}'`).join(", ")})`,
      columns: [`tags.${key}`],
      maxRuns: AT_A_TIME,
    });
    const [column] = columns;
    for (const [row, id] of runIds.entries())
      found.set(id, column?.kind === "text" ? column.texts[column.codes[row] ?? -1] : undefined);
  }
  return found;
}
