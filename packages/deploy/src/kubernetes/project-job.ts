/** What one command of a project is on a cluster: a Job whose container has the project's files and runs the command among them. */

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { ProjectFile } from "../image/project-files.ts";
import { type JobContainer, type JobLimits, jobSpec, type Mount, SCRATCH } from "./job.ts";
import { filledTemplate, type JobTemplate } from "./job-template.ts";
import type { JsonObject } from "./object.ts";
import type { JobWork } from "./run-job.ts";

/** Where a command finds the project's files, and may write: as in MLflow's images. */
export const PROJECT_FOLDER = "/mlflow/projects/code";
/** Where an image or a volume has them. */
export const SOURCE_FOLDER = "/esteira/project/files";
/** The cluster's own limit for a ConfigMap is 1 MiB, names included. */
const MOST_BYTES = 1_000_000;

export interface ProjectJob {
  /** The project's name; a Job's name begins with it. */
  readonly project: string | undefined;
  readonly runId: string;
  readonly image: string;
  /** The files, where the image does not have them. */
  readonly files?: readonly ProjectFile[] | undefined;
  /** For bash, or for sh where the image has no bash. */
  readonly script: string;
  /** Of the command. Any of them may be secret, and none is in the Job. */
  readonly variables: Readonly<Record<string, string>>;
  readonly limits: JobLimits;
  readonly template?: JobTemplate | undefined;
}

const RUN_LABEL = "esteira.dev/run";

/** By these the Jobs of a run are found. */
export const runLabels = (runId: string): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/managed-by": "esteira",
  [RUN_LABEL]: labelOf(runId),
});

const labelOf = (runId: string): string =>
  /^[A-Za-z0-9]{1,63}$/.test(runId) ? runId : createHash("sha256").update(runId).digest("hex").slice(0, 32);

/**
 * Kubernetes itself expands `$(NAME)` in commands and variables; of what a Secret holds it expands nothing, so all that somebody has
 * given goes there.
 */
const START = `cp -RL ${SOURCE_FOLDER}/. . || exit 1
if command -v bash >/dev/null 2>&1; then exec bash -c "$ESTEIRA_COMMAND"; fi
exec sh -c "$ESTEIRA_COMMAND"`;

/** @throws EsteiraError INVALID_PARAMETER_VALUE for files that are too much for a ConfigMap. */
export async function projectJob(
  job: ProjectJob,
): Promise<Pick<JobWork, "name" | "container" | "labels" | "annotations" | "spec" | "companions">> {
  const container = nameOf(job.project);
  const name = `${container}-${randomBytes(4).toString("hex")}`;
  const labels = {
    "app.kubernetes.io/name": "esteira-project",
    "app.kubernetes.io/instance": name,
    ...runLabels(job.runId),
  };
  const annotations = { "esteira.dev/run": job.runId };
  const files = job.files === undefined ? undefined : await filesMap(job.files);
  const mounts: readonly Mount[] = [
    { name: "esteira-work", path: PROJECT_FOLDER, volume: SCRATCH },
    { name: "esteira-tmp", path: "/tmp", volume: SCRATCH },
    ...(files === undefined
      ? []
      : [
          {
            ...{ name: "esteira-project", path: "/esteira/project", isReadOnly: true },
            volume: { configMap: { name: `${name}-files`, items: files.items } },
          },
        ]),
  ];
  const own: JobContainer = {
    name: container,
    image: job.image,
    command: ["sh", "-c", START],
    workingDir: PROJECT_FOLDER,
    env: [],
    envFrom: [{ secretRef: { name: `${name}-env` } }],
    mounts,
  };
  const spec =
    job.template === undefined
      ? jobSpec(labels, annotations, own, job.limits)
      : filledTemplate(job.template, labels, own, job.limits);
  return {
    ...{ name, container, labels, annotations, spec },
    companions: [
      {
        ...{ kind: "Secret", name: `${name}-env` },
        fields: {
          ...{ type: "Opaque", immutable: true },
          stringData: { HOME: "/tmp", ...job.variables, ESTEIRA_COMMAND: job.script },
        },
      },
      ...(files === undefined
        ? []
        : [
            {
              ...({ kind: "ConfigMap", name: `${name}-files` } as const),
              fields: { immutable: true, binaryData: files.binaryData },
            },
          ]),
    ],
  };
}

/** A project may have any name, and a container few. */
function nameOf(project: string | undefined): string {
  const plain = (project ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return plain === "" ? "project" : plain;
}

/** Files as a ConfigMap has them: under numbers, for its keys may not have slashes, and put where they belong by the volume. */
async function filesMap(files: readonly ProjectFile[]): Promise<{
  readonly items: readonly JsonObject[];
  readonly binaryData: Readonly<Record<string, string>>;
}> {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > MOST_BYTES)
    throw invalid(
      `The project's files are ${size} bytes, and a cluster takes ${MOST_BYTES} without a registry: name one as "repository-uri", and they go into an image.`,
    );
  const items = files.map(({ path, isProgram }, at) => ({
    ...{ key: `f${at}`, path: `files/${path}` },
    mode: isProgram ? 0o555 : 0o444,
  }));
  const contents = await Promise.all(files.map(async ({ file }) => (await readFile(file)).toString("base64")));
  return { items, binaryData: Object.fromEntries(contents.map((content, at) => [`f${at}`, content])) };
}
