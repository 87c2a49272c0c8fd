/** A Job that runs one container to its end, as a function of what it is to do: nothing is asked, and nothing is done. */

import { CONFINED_CONTAINER, CONFINED_POD } from "./confined.ts";
import type { JsonObject } from "./object.ts";

export interface JobLimits {
  /** What a pod reserves, as Kubernetes writes amounts; of memory, it gets no more. */
  readonly cpu: string;
  readonly memory: string;
  /** Pods that may fail before the Job does. */
  readonly retries: number;
  /** Of the whole Job, with all that it waits for. */
  readonly timeoutSeconds?: number | undefined;
  /** How long a Job that has ended stays, for who wants to read its log. */
  readonly keepSeconds: number;
  /** Secrets by which nodes may pull the image. */
  readonly pullSecrets: readonly string[];
}

export const USUAL_LIMITS: JobLimits = {
  cpu: "500m",
  memory: "1Gi",
  retries: 0,
  keepSeconds: 600,
  pullSecrets: [],
};

export interface JobContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly JsonObject[];
  readonly envFrom?: readonly JsonObject[];
  readonly mounts: readonly Mount[];
}

/** A volume of the pod, and where its container sees it. */
export interface Mount {
  readonly name: string;
  readonly path: string;
  readonly volume: JsonObject;
  readonly isReadOnly?: boolean;
}

/** Where a Job may write: gone with it, and more than this ends it. */
export const SCRATCH: JsonObject = { emptyDir: { sizeLimit: "8Gi" } };

/** Seconds that a process which is told to end may take for it. */
export const GRACE_SECONDS = 15;

/** The `spec` of a Job, or of a CronJob's template. */
export function jobSpec(
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
  container: JobContainer,
  { cpu, memory, retries, timeoutSeconds, keepSeconds, pullSecrets }: JobLimits,
): JsonObject {
  const { mounts, envFrom, command, args, workingDir } = container;
  return {
    backoffLimit: retries,
    completions: 1,
    parallelism: 1,
    ttlSecondsAfterFinished: keepSeconds,
    ...(timeoutSeconds === undefined ? {} : { activeDeadlineSeconds: Math.ceil(timeoutSeconds) }),
    template: {
      metadata: { labels, annotations },
      spec: {
        restartPolicy: "Never",
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: GRACE_SECONDS,
        // A program that is process 1 of its namespace is not ended by the signal that asks it to.
        shareProcessNamespace: true,
        ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
        securityContext: CONFINED_POD,
        containers: [
          {
            name: container.name,
            image: container.image,
            imagePullPolicy: container.image.includes("@sha256:") ? "IfNotPresent" : "Always",
            ...(command === undefined ? {} : { command }),
            ...(args === undefined ? {} : { args }),
            ...(workingDir === undefined ? {} : { workingDir }),
            env: container.env,
            ...(envFrom === undefined || envFrom.length === 0 ? {} : { envFrom }),
            resources: { requests: { cpu, memory }, limits: { memory } },
            securityContext: CONFINED_CONTAINER,
            volumeMounts: mountsOf(mounts),
          },
        ],
        volumes: volumesOf(mounts),
      },
    },
  };
}

export const mountsOf = (mounts: readonly Mount[]): readonly JsonObject[] =>
  mounts.map(({ name, path, isReadOnly }) => ({
    name,
    mountPath: path,
    ...(isReadOnly === true ? { readOnly: true } : {}),
  }));

export const volumesOf = (mounts: readonly Mount[]): readonly JsonObject[] =>
  mounts.map(({ name, volume }) => ({ name, ...volume }));
