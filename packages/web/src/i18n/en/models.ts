import { count } from "./count.ts";

export const models = {
  title: "Registered models",
  count: (n: number) => count(n, "model", "models"),
  searchLabel: "Search models by name",
  latest: "Latest version",
  aliases: "Aliases",
  stages: "Stages",
  gate: "Gate",
  updated: "Last change",
  created: "Created",
  version: "Version",
  versions: "Versions",
  versionName: (version: string) => `Version ${version}`,
  stage: "Stage",
  status: "Status",
  sourceRun: "Source run",
  sourceUri: "Source",
  noVersions: "This model has no versions yet.",
  noDescription: "No description.",
  empty: "No registered model yet. A model appears here when a program registers one:",
  noMatch: "No model has this text in its name.",
  evidence: "evidence",
  noVerdict: "No gate has judged this version.",
  signature: "Signature",
  inputs: "Inputs",
  outputs: "Outputs",
  modelParams: "Parameters of prediction",
  type: "Type",
  required: "required",
  optional: "optional",
  noSignature: "This version's MLmodel file names no signature.",
  signatureUnreachable: "The version's MLmodel file cannot be read through this server.",
  statusReady: "Ready",
  statusPending: "Registering",
  statusFailed: "Registration failed",
};

export const gate = { passed: "Passed", failed: "Refused", unknown: "Not decided" };

export const stages = { None: "None", Staging: "Staging", Production: "Production", Archived: "Archived" };
