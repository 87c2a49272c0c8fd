/** Runs a project's commands as Jobs of a Kubernetes cluster. */

import { invalid } from "@esteira/core/errors";
import { machinePlatform } from "@esteira/deploy/image/machine-base";
import { type ProjectFile, projectFiles } from "@esteira/deploy/image/project-files";
import { pushProjectImage } from "@esteira/deploy/image/project-image";
import { kubernetesApi } from "@esteira/deploy/kubernetes/api";
import { cluster } from "@esteira/deploy/kubernetes/cluster";
import { USUAL_LIMITS } from "@esteira/deploy/kubernetes/job";
import { endText } from "@esteira/deploy/kubernetes/job-pods";
import { clusterAccess } from "@esteira/deploy/kubernetes/kubeconfig";
import { PROJECT_FOLDER, projectJob, runLabels, SOURCE_FOLDER } from "@esteira/deploy/kubernetes/project-job";
import { type JobOutcome, startJob } from "@esteira/deploy/kubernetes/run-job";
import { keptCredentials } from "@esteira/deploy/registry/credentials";
import { parseReference } from "@esteira/deploy/registry/reference";
import { BASE_IMAGE_TAG, type Backend, type Elsewhere, type Outcome } from "@esteira/projects/backends/backend";
import { cacheFolder } from "../cache-folder.ts";
import type { Terminal } from "../command.ts";
import { declaredVariables } from "./declared-variables.ts";
import { type KubernetesConfig, readTemplate, trackingUriForPods } from "./kubernetes-config.ts";

export interface ClosableBackend extends Backend {
  close(): void;
}

/** @throws EsteiraError where the configuration, the kubeconfig or the tracking server's address will not do. */
export async function kubernetesBackend(config: KubernetesConfig, terminal: Terminal): Promise<ClosableBackend> {
  const { env, note } = terminal;
  const trackingUri = trackingUriForPods(config, env);
  const template = await readTemplate(config["kube-job-template-path"]);
  const access = await clusterAccess(env, config["kube-context"]);
  const api = kubernetesApi(access, env);
  const namespace = config.namespace ?? template?.metadata?.namespace ?? access.namespace;
  const place = cluster(api, namespace);
  // Of the one project that a backend runs; tasks of its steps come after it was prepared.
  let files: readonly ProjectFile[] | undefined;

  const prepare: Elsewhere["prepare"] = async (folder, project, { signal }) => {
    const { environment } = project;
    const image = config.image ?? (environment.kind === "docker" ? environment.image : undefined);
    if (image === undefined)
      throw invalid(
        `The project names no image to run in: declare docker_env with an image, or give one as "image" of --backend-config.`,
      );
    const found = await projectFiles(folder);
    const variables = environment.kind === "docker" ? declaredVariables(environment.variables, env) : {};
    if (environment.kind === "docker" && environment.volumes.length > 0)
      note("The volumes of docker_env are folders of this machine, which pods do not have: they are left out.");
    const tags = { "mlflow.project.env": "docker", "esteira.project.namespace": namespace };
    const repository = config["repository-uri"];
    if (repository === undefined) {
      files = found;
      return { path: [], variables, image, tags: { ...tags, "mlflow.docker.image.uri": image } };
    }
    const to = parseReference(repository);
    const pushed = await pushProjectImage({
      base: parseReference(image),
      to: { registry: to.registry, repository: to.repository },
      platform: config.platform ?? machinePlatform() ?? "linux/amd64",
      files: found,
      folder: SOURCE_FOLDER.slice(1),
      session: { credentials: keptCredentials(env), signal },
      cache: cacheFolder(env, "layers"),
    });
    note(`Pushed ${pushed.uri}`);
    const own = {
      "mlflow.docker.image.uri": pushed.uri,
      "mlflow.docker.image.id": pushed.digest,
      [BASE_IMAGE_TAG]: pushed.base,
    };
    return { path: [], variables, image: pushed.pinned, tags: { ...tags, ...own } };
  };

  return {
    name: "kubernetes",
    repeats: true,
    mixesStreams: true,
    elsewhere: { folder: PROJECT_FOLDER, prepare },
    async endAbandoned(runIds) {
      for (const runId of runIds)
        for (const { metadata } of await place.list("Job", runLabels(runId))) await place.remove("Job", metadata.name);
    },
    async start({ image = "", project, runId, command, env: variables, limits, onOutput, onRetry }) {
      const job = await projectJob({
        ...{ project, runId, image, files, script: command.script, template },
        variables: { ...variables, ...command.variables, MLFLOW_TRACKING_URI: trackingUri },
        limits: {
          cpu: config.cpu ?? USUAL_LIMITS.cpu,
          memory: config.memory ?? USUAL_LIMITS.memory,
          pullSecrets: config.pullSecrets ?? [],
          keepSeconds: config.ttlSecondsAfterFinished ?? USUAL_LIMITS.keepSeconds,
          retries: limits.retries,
          timeoutSeconds: limits.timeoutSeconds,
        },
      });
      const run = await startJob(place, { ...job, note, onRetry, onOutput: (chunk) => onOutput(chunk, "out") });
      note(`Job ${run.name} in ${namespace}`);
      return { ...run, wait: async () => outcome(await run.wait()) };
    },
    close: api.close,
  };
}

function outcome(job: JobOutcome): Outcome {
  if (job.kind === "failed") return job;
  const { code, signal, reason } = job.ended;
  if (reason !== undefined || code === undefined) return { kind: "failed", reason: endText(job.ended) };
  return signal === undefined ? { kind: "exited", code } : { kind: "signalled", signal };
}
