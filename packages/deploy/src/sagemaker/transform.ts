/** Batches: files in S3 scored by instances that live as long as the job. */

import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Wanted } from "../wanted.ts";
import type { Aws } from "./aws.ts";
import { asked, explained, ifThere, isTaken } from "./errors.ts";
import { ownTags, requestsOf } from "./requests.ts";
import { checkRevision, type Parts } from "./revision.ts";
import { mergeSettings, type SaidSettings } from "./settings.ts";

export interface Transform {
  readonly wanted: Wanted;
  readonly settings: SaidSettings;
  readonly parts: Parts;
  /** Of the job, unique in its account. */
  readonly job: string;
  /** Places in S3: what is scored, file by file, and where the scores go. */
  readonly input: string;
  readonly output: string;
  readonly contentType: string;
  readonly signal?: AbortSignal;
  readonly note: (line: string) => void;
}

const S3 = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\s"'\\]*)?$/;
const JOB = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const POLL_MS = 2000;

/** Runs it to its end. Whoever interrupts it stops the job. @throws EsteiraError with why the job failed */
export async function transform(aws: Aws, given: Transform): Promise<void> {
  const { wanted, job, input, output, contentType, signal, note } = given;
  for (const [what, place] of Object.entries({ input, output }))
    if (!S3.test(place)) throw invalid(`The ${what} '${place}' is no place in S3, as in s3://bucket/prefix.`);
  if (!JOB.test(job)) throw invalid(`'${job}' is no name of a job: letters, digits and dashes, 63 at most.`);
  const settings = mergeSettings(undefined, given.settings);
  const revision = checkRevision({ wanted, settings, parts: given.parts });
  const [model] = requestsOf(revision, 1, []).models;
  if (model === undefined) throw invalid(`No model is known of ${wanted.model}.`);
  const client = await aws.sagemaker();
  await client.createModel(model).catch((error: unknown) => {
    if (!isTaken(error)) throw explained(error, `create the model ${model.ModelName}`);
  });
  const lines = contentType === "text/csv" || contentType === "application/jsonlines";
  await asked(`begin the job ${job}`, () =>
    client.createTransformJob({
      TransformJobName: job,
      ModelName: model.ModelName,
      TransformInput: {
        DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: input } },
        ContentType: contentType,
        // A file goes whole, so that a CSV keeps its head of names.
        SplitType: "None",
      },
      TransformOutput: { S3OutputPath: output, ...(lines ? { Accept: "application/json" } : {}) },
      TransformResources: {
        InstanceType: instanceTypeOf(settings.instanceType),
        InstanceCount: Math.max(1, settings.instances),
      },
      Tags: [...ownTags(wanted.name), ...Object.entries(settings.tags).map(([Key, Value]) => ({ Key, Value }))],
    }),
  );
  let said: string | undefined;
  for (;;) {
    const now = await asked(`describe the job ${job}`, () => client.describeTransformJob({ TransformJobName: job }));
    const status = now.TransformJobStatus;
    if (status !== said) note(`The job ${job} is ${status}.`);
    said = status;
    if (status === "Completed") return;
    if (status === "Failed" || status === "Stopped")
      throw new EsteiraError(
        "INVALID_STATE",
        `The job ${job} is ${status}: ${now.FailureReason ?? "AWS says no reason"}.`,
      );
    if (signal?.aborted === true && status !== "Stopping") {
      await ifThere(`stop the job ${job}`, () => client.stopTransformJob({ TransformJobName: job }));
      signal.throwIfAborted();
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** Which types there are is AWS's to say. */
const instanceTypeOf = (type: string) => type as "ml.m5.large";
