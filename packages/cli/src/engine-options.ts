import { invalid } from "@esteira/core/errors";
import { ENGINES, type Engine } from "@esteira/models/flavors/engine";
import { type CommandOption, type Terminal, text, type Values } from "./command.ts";

/** Who scores a model, and which Python where it is asked for. */
export interface EngineSettings {
  readonly engine: Engine;
  readonly python: string;
}

export const ENGINE_OPTIONS: readonly CommandOption[] = [
  {
    flags: "--engine <engine>",
    summary:
      "native scores without Python (the default, or ESTEIRA_ENGINE); python has MLflow's own score any model, and runs what its folder says; auto takes Python only where it must",
  },
  {
    flags: "--python <file>",
    summary: "the interpreter for it, with mlflow and the model's packages (python3, or ESTEIRA_PYTHON)",
  },
];

export function engineSettings(values: Values, env: Terminal["env"]): EngineSettings {
  const given = text(values, "engine");
  const asked = given ?? env.ESTEIRA_ENGINE ?? "native";
  const engine = ENGINES.find((known) => known === asked);
  if (engine === undefined)
    throw invalid(
      `${given === undefined ? "ESTEIRA_ENGINE" : "--engine"} is '${asked}': expected one of ${ENGINES.join(", ")}.`,
    );
  return { engine, python: text(values, "python") ?? env.ESTEIRA_PYTHON ?? "python3" };
}
