/** Batches on a cluster: a version's image scores a file once, as a Job, or by the clock, as a CronJob. */

import { randomBytes } from "node:crypto";
import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { Cluster } from "./cluster.ts";
import { differences } from "./differences.ts";
import { type JobContainer, type JobLimits, jobSpec, type Mount, SCRATCH } from "./job.ts";
import { collectionPath, type KubeObject } from "./object.ts";
import { checkName } from "./revision.ts";
import type { JobWork } from "./run-job.ts";

/** What a batch reads and writes, and with what. */
export interface Batch {
  readonly name: string;
  /** `models:/NAME/VERSION`, for people. */
  readonly model: string;
  readonly image: string;
  /** Paths below the volume's mount, addresses, or `runs:/RUN/PATH`; `{date}` in them is the day of the run. */
  readonly input: string;
  readonly output: string;
  /** Columns of the input that stand before the answers. */
  readonly keep: readonly string[];
  /** A PersistentVolumeClaim, mounted at `/data`. */
  readonly volume?: string | undefined;
  /** Plain variables, such as MLFLOW_TRACKING_URI. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables whose values the cluster's own Secrets hold. */
  readonly secrets: Readonly<Record<string, { readonly secret: string; readonly key: string }>>;
  readonly limits: JobLimits;
}

export interface Schedule {
  /** Five fields, as cron has them. */
  readonly schedule: string;
  /** As the IANA names it: America/Sao_Paulo. */
  readonly timeZone: string;
  readonly isSuspended: boolean;
}

const COMPONENT = { "app.kubernetes.io/component": "batch" } as const;
const CONTAINER = "scorer";
/** A run that could not begin so long after its time is left out: the next one is due. */
const LATEST_START_SECONDS = 3600;
const DATA_FOLDER = "/data";

const labelsOf = (name: string): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/name": "esteira-batch",
  "app.kubernetes.io/instance": name,
  "app.kubernetes.io/managed-by": "esteira",
  ...COMPONENT,
});

function containerOf(batch: Batch, timeZone: string): JobContainer {
  const variables = {
    ...batch.env,
    ESTEIRA_INPUT: batch.input,
    ESTEIRA_OUTPUT: batch.output,
    ...(batch.keep.length === 0 ? {} : { ESTEIRA_KEEP: batch.keep.join(",") }),
    ESTEIRA_TIMEZONE: timeZone,
  };
  const mounts: readonly Mount[] = [
    { name: "tmp", path: "/tmp", volume: SCRATCH },
    ...(batch.volume === undefined
      ? []
      : [{ name: "data", path: DATA_FOLDER, volume: { persistentVolumeClaim: { claimName: batch.volume } } }]),
  ];
  return {
    ...{ name: CONTAINER, image: batch.image, args: ["predict"], mounts },
    env: [
      // Kubernetes would expand $(NAME) in what somebody has given.
      ...Object.entries(variables).map(([name, value]) => ({ name, value: value.replaceAll("$", "$$$$") })),
      ...Object.entries(batch.secrets).map(([name, { secret, key }]) => ({
        ...{ name, valueFrom: { secretKeyRef: { name: secret, key } } },
      })),
    ],
  };
}

/** One run, now. */
export function batchJob(
  batch: Batch,
  timeZone = "UTC",
): Pick<JobWork, "name" | "container" | "labels" | "annotations" | "spec" | "companions"> {
  checkBatch(batch);
  const labels = labelsOf(batch.name);
  const annotations = { "esteira.dev/model": batch.model };
  return {
    ...{ name: `${batch.name}-${randomBytes(4).toString("hex")}`, container: CONTAINER, labels, annotations },
    ...{ spec: jobSpec(labels, annotations, containerOf(batch, timeZone), batch.limits), companions: [] },
  };
}

/** Runs by the clock, one at a time: one that is due while another runs is left out. */
export function batchSchedule(
  batch: Batch,
  { schedule, timeZone, isSuspended }: Schedule,
  namespace: string,
): KubeObject {
  checkBatch(batch);
  const labels = labelsOf(batch.name);
  const annotations = { "esteira.dev/model": batch.model };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: batch.name, namespace, labels, annotations },
    spec: {
      ...{ schedule: checkSchedule(schedule), timeZone, concurrencyPolicy: "Forbid", suspend: isSuspended },
      startingDeadlineSeconds: LATEST_START_SECONDS,
      ...{ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 3 },
      jobTemplate: {
        metadata: { labels, annotations },
        spec: jobSpec(labels, annotations, containerOf(batch, timeZone), batch.limits),
      },
    },
  };
}

function checkBatch({ name, input, output, volume }: Batch): void {
  checkName(name);
  for (const [what, place] of [
    ["input", input],
    ["output", output],
  ] as const) {
    if (/^(https?:\/\/|runs:\/)/.test(place)) continue;
    if (volume !== undefined && place.startsWith(`${DATA_FOLDER}/`)) continue;
    throw invalid(
      `The ${what} '${place}' is not where a pod could find it: expected http(s)://…, runs:/RUN/PATH, or ${DATA_FOLDER}/… with --volume.`,
    );
  }
}

/** What the cluster would say too late: a CronJob's own words are about its parser. */
function checkSchedule(schedule: string): string {
  if (/^(\S+\s+){4}\S+$/.test(schedule.trim()) && !/^(CRON_)?TZ=/.test(schedule)) return schedule.trim();
  throw invalid(`The schedule '${schedule}' is none: expected five fields, as in "0 3 * * *" (each day at 03:00).`);
}

/** What applying would change, a sentence each; none when it is so already. */
export async function planSchedule(cluster: Cluster, object: KubeObject, force = false): Promise<readonly string[]> {
  const { name } = object.metadata;
  const live = await cluster.get("CronJob", name);
  const after = await cluster.apply(object, { dryRun: true, force });
  if (live === undefined) return [`create CronJob ${name}`];
  return differences(live, after).map((text) => `change CronJob ${name}: ${text}`);
}

const cronWire = z.looseObject({
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.looseObject({ schedule: z.string(), timeZone: z.string().optional(), suspend: z.boolean().optional() }),
  status: z
    .looseObject({ lastScheduleTime: z.string().optional(), lastSuccessfulTime: z.string().optional() })
    .optional(),
});
const jobWire = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    creationTimestamp: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  status: z
    .looseObject({
      active: z.int().optional(),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .optional(),
    })
    .optional(),
});

export interface BatchStatus {
  readonly name: string;
  readonly model: string;
  readonly schedule: string;
  readonly timeZone: string;
  readonly isSuspended: boolean;
  readonly lastSuccess: string | undefined;
  /** The youngest first. */
  readonly runs: readonly {
    readonly job: string;
    readonly began: string;
    readonly state: "running" | "complete" | "failed";
    readonly why?: string;
  }[];
}

export async function listSchedules(cluster: Cluster): Promise<readonly BatchStatus[]> {
  const { api, namespace } = cluster;
  const query = { labelSelector: "app.kubernetes.io/managed-by=esteira,app.kubernetes.io/component=batch" };
  const read = async (kind: "CronJob" | "Job"): Promise<unknown> => {
    const { text } = await api.call({ method: "GET", path: collectionPath(kind, namespace), query, about: `${kind}s` });
    return JSON.parse(text);
  };
  const crons = z.looseObject({ items: z.array(cronWire) }).parse(await read("CronJob"));
  const jobs = z.looseObject({ items: z.array(jobWire) }).parse(await read("Job"));
  return crons.items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    model: metadata.annotations?.["esteira.dev/model"] ?? "",
    schedule: spec.schedule,
    timeZone: spec.timeZone ?? "UTC",
    isSuspended: spec.suspend ?? false,
    lastSuccess: status?.lastSuccessfulTime,
    runs: jobs.items
      .filter((job) => job.metadata.labels?.["app.kubernetes.io/instance"] === metadata.name)
      .sort((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))
      .map((job) => ({ job: job.metadata.name, began: job.metadata.creationTimestamp, ...stateOf(job) })),
  }));
}

function stateOf({ status }: z.output<typeof jobWire>): Pick<BatchStatus["runs"][number], "state" | "why"> {
  const over = status?.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
  if (over === undefined) return { state: "running" };
  if (over.type === "Complete") return { state: "complete" };
  return { state: "failed", ...(over.message === undefined ? {} : { why: over.message }) };
}
