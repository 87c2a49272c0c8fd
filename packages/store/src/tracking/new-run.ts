import type { Run } from "@esteira/core/entities/run";
import { type Tag, tagValue } from "@esteira/core/entities/tag";
import { invalid } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import { parseExperimentId } from "@esteira/core/names";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { joinUri, type StoreContext } from "../database/context.ts";
import type { Session, SharedWork } from "../database/session.ts";
import { forShare, inLockOrder, insertMany } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { generateRunName } from "../run-names.ts";
import { findActiveExperiment } from "./experiments.ts";
import { type RunRow, toRunInfo } from "./run-data.ts";
import { checkFirstTags, putTags, RUN_NAME_TAG } from "./tags.ts";

type Input = Parameters<TrackingStore["createRun"]>[0];

/** Writes a new run with its first tags, and answers it. */
export async function createRun(session: Session, context: StoreContext, input: Input): Promise<Run> {
  const work = new NewRun(context, { ...input, tags: checkFirstTags(input.tags) });
  await session.writeShared(work);
  if (work.created === undefined) throw new Error("A run that was written is known.");
  return work.created;
}

/** A run that is to be written, with others that come at the same time. */
class NewRun implements SharedWork {
  readonly input: Input;
  readonly experiment: number;
  readonly together = createTogether;
  /** As it was written. */
  created: Run | undefined;
  readonly #context: StoreContext;

  constructor(context: StoreContext, input: Input) {
    this.#context = context;
    this.input = input;
    this.experiment = parseExperimentId(input.experimentId);
  }

  alone(db: Database): Promise<void> {
    return createTogether(db, [this]);
  }

  /** What is to be written to an experiment whose artifacts lie at this location. */
  rowsAt(artifactLocation: string): { readonly run: NewRow; readonly tags: readonly Tag[] } {
    const { input } = this;
    const tagged = tagValue(input.tags, RUN_NAME_TAG);
    if (input.runName && tagged && input.runName !== tagged) {
      throw invalid(
        `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${input.runName}', mlflow.runName='${tagged}').`,
      );
    }
    const id = this.#context.newId();
    const name = input.runName || tagged || generateRunName(this.#context.random);
    // An empty name in a tag is none.
    const others = input.tags.filter(({ key, value }) => key !== RUN_NAME_TAG || value !== "");
    return {
      run: {
        run_uuid: id,
        name,
        source_type: "UNKNOWN",
        source_name: "",
        entry_point_name: "",
        user_id: input.userId,
        status: "RUNNING",
        start_time: input.startTime,
        source_version: "",
        lifecycle_stage: "active",
        artifact_uri: joinUri(artifactLocation, id, "artifacts"),
        experiment_id: this.experiment,
      },
      tags: tagged ? others : [...others, { key: RUN_NAME_TAG, value: name }],
    };
  }
}

const COLUMNS = [
  "run_uuid",
  "name",
  "source_type",
  "source_name",
  "entry_point_name",
  "user_id",
  "status",
  "start_time",
  "source_version",
  "lifecycle_stage",
  "artifact_uri",
  "experiment_id",
] as const;
type NewRow = Pick<RunRow, (typeof COLUMNS)[number]>;

/** Looks once at each experiment and inserts once a table. */
async function createTogether(db: Database, works: readonly SharedWork[]): Promise<void> {
  const runs = works.filter((work) => work instanceof NewRun);
  const locations = new Map<number, string>();
  for (const { experiment } of runs) {
    if (locations.has(experiment)) continue;
    const { artifact_location } = await findActiveExperiment(db, experiment, forShare);
    locations.set(experiment, artifact_location ?? "");
  }
  const written = runs.map((work) => {
    const { run, tags } = work.rowsAt(locations.get(work.experiment) ?? "");
    return { work, run, tags: inLockOrder(db, tags, ({ key }) => key) };
  });
  await insertMany(
    db,
    "runs",
    COLUMNS,
    written.map(({ run }) => COLUMNS.map((column) => run[column])),
  );
  await putTags(
    db,
    written.flatMap(({ run, tags }) => tags.map(({ key, value }) => [key, value, runId(run.run_uuid)] as const)),
  );
  for (const { work, run, tags } of written) {
    work.created = {
      info: toRunInfo({ ...run, end_time: null }),
      data: { metrics: [], params: [], tags },
      inputs: { datasets: [], models: [] },
      outputs: { models: [] },
    };
  }
}
