import { invalid } from "@esteira/core/errors";
import type { Backend } from "@esteira/projects/backends/backend";
import { suggestion } from "@esteira/projects/nearest";
import { type BackendSettings, parseBackendSettings } from "@esteira/projects/run/settings";
import type { Terminal } from "../command.ts";

export const BACKENDS = ["local", "docker", "kubernetes"] as const;

const NOTHING = { own: {}, common: {} };

export interface ChosenBackend {
  readonly backend: Backend;
  readonly settings: BackendSettings;
  close(): void;
}

/**
 * @param config of `--backend-config`, as JSON's value.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a backend that is none, and for settings that it does not have.
 */
export async function chooseBackend(name: string, config: unknown, terminal: Terminal): Promise<ChosenBackend> {
  if (name === "local") {
    const { localBackend } = await import("@esteira/projects/backends/local");
    // Most runs ask for nothing, and need not load what reads it.
    const isPlain = typeof config === "object" && config !== null && Object.keys(config).length === 0;
    const { own, common } = isPlain ? NOTHING : (await import("./local-config.ts")).parseLocalConfig(config);
    return { backend: localBackend(own), settings: parseBackendSettings(common), close: () => {} };
  }
  if (name === "docker") {
    const [{ parseDockerConfig }, { dockerBackend }] = await Promise.all([
      import("./docker-config.ts"),
      import("./docker-backend.ts"),
    ]);
    const { own, common } = parseDockerConfig(config);
    const settings = parseBackendSettings(common, name);
    return { backend: await dockerBackend(own, terminal), settings, close: () => {} };
  }
  if (name === "kubernetes") {
    const [{ parseKubernetesConfig }, { kubernetesBackend }] = await Promise.all([
      import("./kubernetes-config.ts"),
      import("./kubernetes-backend.ts"),
    ]);
    const { own, common } = parseKubernetesConfig(config);
    const settings = parseBackendSettings(common, name);
    const backend = await kubernetesBackend(own, terminal);
    return { backend, settings, close: backend.close };
  }
  throw invalid(`There is no backend '${name}': expected ${BACKENDS.join(", ")}${suggestion(name, BACKENDS) || "."}`);
}
