/** Runs a project's commands in containers of this machine's engine, Docker or Podman. */

import { createHash } from "node:crypto";
import { constants } from "node:os";
import { invalid } from "@esteira/core/errors";
import { openEngine } from "@esteira/deploy/docker/engine";
import { buildProjectImage, PROJECT_FOLDER } from "@esteira/deploy/docker/project-image";
import { removeContainersOf, runContainer } from "@esteira/deploy/docker/run-container";
import { projectFiles } from "@esteira/deploy/image/project-files";
import { keptCredentials } from "@esteira/deploy/registry/credentials";
import {
  BASE_IMAGE_TAG,
  type Backend,
  type Elsewhere,
  type Outcome,
  outOfMemory,
} from "@esteira/projects/backends/backend";
import type { Terminal } from "../command.ts";
import { declaredVariables } from "./declared-variables.ts";
import type { DockerConfig } from "./docker-config.ts";

/** bash where the image has it: commands are written for it. */
const START =
  'if command -v bash >/dev/null 2>&1; then exec bash -c "$ESTEIRA_COMMAND"; fi\nexec sh -c "$ESTEIRA_COMMAND"';
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** @throws EsteiraError when no engine answers */
export async function dockerBackend(config: DockerConfig, { env, note }: Terminal): Promise<Backend> {
  const engine = await openEngine(env);
  // Of the one project that a backend runs; tasks of its steps come after it was prepared.
  let volumes: readonly string[] = [];

  const prepare: Elsewhere["prepare"] = async (folder, project, { signal }) => {
    const { environment } = project;
    const declared = environment.kind === "docker" ? environment : undefined;
    const base = config.image ?? declared?.image;
    if (base === undefined)
      throw invalid(
        `The project names no image to run in: declare docker_env with an image, or give one as "image" of --backend-config.`,
      );
    volumes = declared?.volumes ?? [];
    const tag = tagOf(project.name);
    const credentials = keptCredentials(env);
    const files = await projectFiles(folder);
    const built = await buildProjectImage(engine, { base, tag, files, credentials, signal });
    note(`Built ${tag} upon ${base}`);
    const tags = {
      "mlflow.project.env": "docker",
      "mlflow.docker.image.uri": tag,
      "mlflow.docker.image.id": built.id,
      [BASE_IMAGE_TAG]: built.base,
    };
    return { path: [], variables: declaredVariables(declared?.variables ?? [], env), image: built.id, tags };
  };

  return {
    name: "docker",
    elsewhere: { folder: PROJECT_FOLDER, prepare },
    async endAbandoned(runIds) {
      for (const runId of runIds) await removeContainersOf(engine, runId);
    },
    async start({ image = "", runId, command, env: variables, onOutput }) {
      const uri = variables.MLFLOW_TRACKING_URI ?? "";
      const isHere = URL.canParse(uri) && LOOPBACK.test(new URL(uri).hostname);
      const running = await runContainer(engine, {
        ...{ image, runId, volumes, onOutput, memory: config.memory, cpus: config.cpus },
        command: ["sh", "-c", START],
        env: { ...variables, ...command.variables, ESTEIRA_COMMAND: command.script },
        // A tracking server that listens for this machine alone is reached from its own network only.
        network: config.network ?? (isHere ? "host" : "bridge"),
      });
      return { ...running, wait: async () => outcome(await running.wait(), config.memory) };
    },
  };
}

function outcome(
  { code, isOutOfMemory }: { readonly code: number; readonly isOutOfMemory: boolean },
  memory: number | undefined,
): Outcome {
  if (isOutOfMemory) return outOfMemory(memory);
  const signal = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
  return signal === undefined ? { kind: "exited", code } : { kind: "signalled", signal };
}

/** Where MLflow puts a project's image too, by its name. */
function tagOf(name: string | undefined): string {
  const plain = (name ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (plain === "") return "docker-project:latest";
  const isItself = plain === name;
  return `${plain.slice(0, 100)}${
    isItself
      ? ""
      : `-${createHash("sha256")
          .update(name ?? "")
          .digest("hex")
          .slice(0, 8)}`
  }:latest`;
}
