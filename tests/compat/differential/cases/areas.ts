import type { Case } from "../case.ts";
import { experimentCases } from "./experiments.ts";
import { httpCases } from "./http.ts";
import { inputCases } from "./inputs.ts";
import { loggedModelCases } from "./logged-models.ts";
import { metricCases } from "./metrics.ts";
import { promptCases } from "./prompts.ts";
import { registryCases } from "./registry.ts";
import { runCases } from "./runs.ts";

/** The calls by area. Names in one area are not those of another: all run one after the other on the same servers. */
export const AREAS: Readonly<Record<string, readonly Case[]>> = {
  http: httpCases,
  experiments: experimentCases,
  runs: runCases,
  metrics: metricCases,
  inputs: inputCases,
  "logged models": loggedModelCases,
  registry: registryCases,
  prompts: promptCases,
};
