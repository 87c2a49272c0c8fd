import { type Case, get, post } from "../case.ts";
import type { OwnName } from "../own-answers.ts";
import { spoil } from "./mutations.ts";

const M = "/api/2.0/mlflow";
const long = (length: number) => "d".repeat(length);
const dataset = { name: "train", digest: "abc", source_type: "local", source: '{"uri":"x"}' };
const inputs = (datasets: unknown): Case => post("/runs/log-inputs", { run_id: "{{run}}", datasets });
/** On a run of its own, for only one of the servers stores it. */
const odd = (own: OwnName, more: object): Case => post("/runs/log-inputs", { run_id: "{{odd}}", ...more }, { own });

export const inputCases: readonly Case[] = [
  post("/experiments/create", { name: "inputs" }, { save: { exp: "experiment_id" } }),
  post("/experiments/create", { name: "aside" }, { save: { aside: "experiment_id" } }),
  post(
    "/runs/create",
    { experiment_id: "{{exp}}", start_time: 1, run_name: "r" },
    { save: { run: "run.info.run_id" } },
  ),
  post(
    "/runs/create",
    { experiment_id: "{{exp}}", start_time: 1, run_name: "s" },
    { save: { other: "run.info.run_id" } },
  ),
  post(
    "/runs/create",
    { experiment_id: "{{aside}}", start_time: 1, run_name: "o" },
    { save: { odd: "run.info.run_id" } },
  ),
  inputs([{ dataset, tags: [{ key: "mlflow.data.context", value: "training" }] }]),
  get("/runs/get", { run_id: "{{run}}" }),
  inputs([{ dataset, tags: [{ key: "mlflow.data.context", value: "training" }] }]),
  inputs([{ dataset: { ...dataset, schema: '{"s":1}', profile: '{"p":1}' } }]),
  get("/runs/get", { run_id: "{{run}}" }),
  inputs([{ dataset: { ...dataset, name: "test", schema: '{"s":1}', profile: '{"p":1}' } }]),
  inputs([
    {
      dataset: { ...dataset, name: "tags" },
      tags: [
        { key: "a", value: "1" },
        { key: "b", value: "" },
      ],
    },
  ]),
  inputs([]),
  inputs([{ dataset: { digest: "x" } }]),
  inputs([{ dataset: { name: "n" } }]),
  inputs([{ tags: [] }]),
  inputs([{ dataset: { ...dataset, digest: long(36) } }]),
  inputs([{ dataset: { ...dataset, digest: long(37) } }]),
  inputs([{ dataset: { ...dataset, name: long(500) } }]),
  inputs([{ dataset: { ...dataset, name: long(501) } }]),
  odd("invalid", { datasets: [{ dataset: { ...dataset, source_type: long(37) } }] }),
  inputs([{ dataset: { ...dataset, source: long(65_536) } }]),
  inputs([{ dataset: { ...dataset, schema: long(1_048_576) } }]),
  inputs([{ dataset: { ...dataset, name: "k", digest: "k" }, tags: [{ key: long(256), value: "v" }] }]),
  inputs([{ dataset: { ...dataset, name: "k", digest: "k" }, tags: [{ key: "k", value: long(501) }] }]),
  inputs([{ dataset: { ...dataset, name: "k", digest: "k" }, tags: [{ value: "v" }] }]),
  odd("given twice", {
    datasets: [
      {
        dataset: { ...dataset, name: "k2", digest: "k2" },
        tags: [
          { key: "a", value: "1" },
          { key: "a", value: "2" },
        ],
      },
    ],
  }),
  inputs([{ dataset: { ...dataset, name: "twice" } }, { dataset: { ...dataset, name: "twice" } }]),
  post("/runs/log-inputs", { run_id: "nope", datasets: [{ dataset }] }),
  post("/runs/log-inputs", { datasets: [{ dataset }] }),
  post("/runs/log-inputs", {
    run_id: "{{other}}",
    datasets: [{ dataset, tags: [{ key: "mlflow.data.context", value: "eval" }] }],
  }),
  get("/runs/get", { run_id: "{{run}}" }),
  get("/runs/get", { run_id: "{{other}}" }),
  ...[["{{exp}}"], ["{{exp}}", "0"], ["0"]].map(
    (experiment_ids): Case => ({
      method: "POST",
      path: "/ajax-api/2.0/mlflow/experiments/search-datasets",
      body: { experiment_ids },
      unordered: "dataset_summaries",
    }),
  ),

  post("/logged-models", { experiment_id: "{{exp}}", name: "lm" }, { save: { model: "model.info.model_id" } }),
  post("/logged-models", { experiment_id: "{{exp}}", name: "lm2" }, { save: { model2: "model.info.model_id" } }),
  post("/runs/log-inputs", { run_id: "{{run}}", models: [{ model_id: "{{model}}" }] }),
  post("/runs/log-inputs", { run_id: "{{run}}", models: [{ model_id: "{{model}}" }] }),
  post("/runs/log-inputs", { run_id: "{{run}}", models: [{ model_id: "m-nope" }] }),
  odd("invalid", { models: [{}] }),
  odd("invalid", { models: [{ model_id: "" }] }),
  post("/runs/outputs", { run_id: "{{run}}", models: [{ model_id: "{{model}}", step: 3 }] }),
  post("/runs/outputs", { run_id: "{{run}}", models: [{ model_id: "{{model}}", step: 3 }] }, { own: "again" }),
  post("/runs/outputs", { run_id: "{{run}}", models: [{ model_id: "{{model2}}" }] }),
  post("/runs/outputs", { run_id: "{{run}}", models: [{ model_id: "m-nope", step: 1 }] }),
  post("/runs/outputs", { run_id: "{{odd}}", models: [{ step: 1 }] }, { own: "invalid" }),
  post("/runs/outputs", { run_id: "{{run}}", models: [] }),
  post("/runs/outputs", { run_id: "{{run}}" }),
  post("/runs/outputs", { run_id: "nope", models: [{ model_id: "{{model}}", step: 1 }] }),
  post("/runs/outputs", { models: [{ model_id: "{{model}}", step: 1 }] }),
  get("/runs/get", { run_id: "{{run}}" }, { unordered: "run.outputs.model_outputs" }),

  ...spoil({
    method: "POST",
    path: `${M}/runs/log-inputs`,
    fields: {
      run_id: "{{odd}}",
      datasets: [{ dataset: { ...dataset, name: "sp" } }],
      models: [{ model_id: "{{model}}" }],
    },
  }),
  ...spoil({
    method: "POST",
    path: `${M}/runs/outputs`,
    fields: { run_id: "{{odd}}", models: [{ model_id: "{{model}}", step: 1 }] },
  }),
  get("/runs/get", { run_id: "{{other}}" }),
];
