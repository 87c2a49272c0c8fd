import { EsteiraError, invalid } from "@esteira/core/errors";
import type { DeclaredEnvironment } from "../mlproject/project.ts";
import { suggestion } from "../nearest.ts";
import { ENVIRONMENT_MANAGERS, type EnvironmentManager } from "./environment.ts";

/**
 * What makes the environment: the manager that was asked for, else the one that suits what the project declares. Where it declares
 * nothing, the command runs as things are.
 *
 * @throws EsteiraError where the manager is none, cannot make this environment, or does not run here.
 */
export function chooseManager(declared: DeclaredEnvironment, asked: string | undefined): EnvironmentManager {
  const manager = asked === undefined ? undefined : ENVIRONMENT_MANAGERS.find((known) => known === asked);
  if (asked !== undefined && manager === undefined)
    throw invalid(
      `'${asked}' is no environment manager: expected ${ENVIRONMENT_MANAGERS.join(", ")}${suggestion(asked, ENVIRONMENT_MANAGERS) || "."}`,
    );
  if (declared.kind === "docker")
    throw new EsteiraError(
      "NOT_IMPLEMENTED",
      "The project runs in an image (docker_env): run it with -b docker, or with -b kubernetes.",
    );
  const chosen = manager ?? BY_KIND[declared.kind];
  if (chosen === "conda") {
    if (declared.kind === "python")
      throw invalid(
        "The project declares a python_env, which conda does not make: use --env-manager virtualenv, uv or local.",
      );
    throw new EsteiraError(
      "NOT_IMPLEMENTED",
      "Environments of conda are not made here: --env-manager virtualenv or uv takes the Python version and the pip packages of conda.yaml, and local takes things as they are.",
    );
  }
  if (chosen === "node" && declared.kind !== "node")
    throw invalid("The project declares no node_env: use --env-manager virtualenv, uv or local.");
  if ((chosen === "virtualenv" || chosen === "uv") && declared.kind === "node")
    throw invalid(`The project declares a node_env, which ${chosen} does not make: use --env-manager node or local.`);
  return chosen;
}

const BY_KIND = { none: "local", python: "virtualenv", conda: "conda", node: "node" } as const;
