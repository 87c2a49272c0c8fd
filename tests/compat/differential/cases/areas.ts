import type { Case } from "../case.ts";
import { experimentCases } from "./experiments.ts";
import { httpCases } from "./http.ts";
import { runCases } from "./runs.ts";

/** The calls by area. Names in one area are not those of another: all run one after the other on the same servers. */
export const AREAS: Readonly<Record<string, readonly Case[]>> = {
  http: httpCases,
  experiments: experimentCases,
  runs: runCases,
};
