/** A Job that somebody has written for all runs of a project (MLflow's `kube-job-template-path`), with what one run puts into it. */

import { invalid } from "@esteira/core/errors";
import { parse } from "yaml";
import { z } from "zod";
import { type JobContainer, type JobLimits, mountsOf, volumesOf } from "./job.ts";
import type { JsonObject } from "./object.ts";

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const texts = z.record(z.string(), z.string());
const container = z
  .object({ env: z.array(json).nullish(), envFrom: z.array(json).nullish(), volumeMounts: z.array(json).nullish() })
  .catchall(z.json());
const templateWire = z
  .object({
    apiVersion: z.literal("batch/v1"),
    kind: z.literal("Job"),
    metadata: z
      .object({ namespace: z.string().optional(), labels: texts.nullish(), annotations: texts.nullish() })
      .catchall(z.json())
      .nullish(),
    spec: z
      .object({
        template: z
          .object({
            metadata: z.object({ labels: texts.nullish(), annotations: texts.nullish() }).catchall(z.json()).nullish(),
            spec: z
              .object({
                containers: z.array(container).min(1),
                volumes: z.array(json).nullish(),
                restartPolicy: z.string().optional(),
              })
              .catchall(z.json()),
          })
          .catchall(z.json()),
      })
      .catchall(z.json()),
  })
  .catchall(z.json());
export type JobTemplate = z.output<typeof templateWire>;

/**
 * @param text YAML or JSON.
 * @param file for messages.
 * @throws EsteiraError INVALID_PARAMETER_VALUE with the field that is no Job's.
 */
export function parseJobTemplate(text: string, file: string): JobTemplate {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw invalid(`The Job template ${file} is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { data, error } = templateWire.safeParse(value);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(
    `The Job template ${file} is no Job of batch/v1: ${issue?.path.join(".") || "the document"}: ${issue?.message ?? "not understood"}.`,
  );
}

/**
 * The `spec` of one run's Job. As MLflow does it, the first container gets its name, image and command, and variables behind those that it
 * has; what limits say goes where the template says nothing.
 */
export function filledTemplate(
  { spec }: JobTemplate,
  labels: Readonly<Record<string, string>>,
  own: JobContainer,
  { retries, timeoutSeconds, keepSeconds }: JobLimits,
): JsonObject {
  const { template } = spec;
  const [first, ...others] = template.spec.containers;
  const filled = {
    backoffLimit: retries,
    ttlSecondsAfterFinished: keepSeconds,
    ...spec,
    ...(retries > 0 ? { backoffLimit: retries } : {}),
    ...(timeoutSeconds === undefined ? {} : { activeDeadlineSeconds: Math.ceil(timeoutSeconds) }),
    template: {
      ...template,
      metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } },
      spec: {
        restartPolicy: "Never",
        ...template.spec,
        containers: [
          {
            ...first,
            name: own.name,
            image: own.image,
            ...(own.command === undefined ? {} : { command: own.command }),
            ...(own.args === undefined ? {} : { args: own.args }),
            ...(own.workingDir === undefined ? {} : { workingDir: own.workingDir }),
            env: [...(first?.env ?? []), ...own.env],
            envFrom: [...(first?.envFrom ?? []), ...(own.envFrom ?? [])],
            volumeMounts: [...(first?.volumeMounts ?? []), ...mountsOf(own.mounts)],
          },
          ...others,
        ],
        volumes: [...(template.spec.volumes ?? []), ...volumesOf(own.mounts)],
      },
    },
  };
  // What the template says is JSON's, which the fields that it leaves out are not.
  return json.parse(JSON.parse(JSON.stringify(filled)));
}
