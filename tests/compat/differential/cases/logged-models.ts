import { type Case, get, patch, post, remove } from "../case.ts";
import { spoil } from "./mutations.ts";

const M = "/api/2.0/mlflow";
const long = (length: number) => "n".repeat(length);
const at = "/logged-models/{{model}}";

export const loggedModelCases: readonly Case[] = [
  post("/experiments/create", { name: "models" }, { save: { exp: "experiment_id" } }),
  post(
    "/runs/create",
    { experiment_id: "{{exp}}", start_time: 1, run_name: "r" },
    { save: { run: "run.info.run_id" } },
  ),
  post("/logged-models", { experiment_id: "{{exp}}", name: "lm" }, { save: { model: "model.info.model_id" } }),
  get(at),
  post(
    "/logged-models",
    {
      experiment_id: "{{exp}}",
      name: "full",
      model_type: "xgboost",
      source_run_id: "{{run}}",
      params: [{ key: "p", value: "1" }],
      tags: [{ key: "t", value: "v" }],
    },
    { save: { full: "model.info.model_id" } },
  ),
  get("/logged-models/{{full}}"),
  post("/logged-models", { experiment_id: "{{exp}}" }, { save: { nameless: "model.info.model_id" } }),
  post("/logged-models", { experiment_id: "{{exp}}", name: "" }, { save: { nameless2: "model.info.model_id" } }),
  post("/logged-models", { name: "x" }),
  post("/logged-models", { experiment_id: "9999", name: "x" }),
  post("/logged-models", { experiment_id: "abc", name: "x" }),
  ...["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"].map((name) =>
    post("/logged-models", { experiment_id: "{{exp}}", name }),
  ),
  post("/logged-models", { experiment_id: "{{exp}}", name: "a b" }, { save: { spaced: "model.info.model_id" } }),
  post("/logged-models", { experiment_id: "{{exp}}", name: long(300) }, { save: { longest: "model.info.model_id" } }),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "src", source_run_id: "nope" },
    { save: { source: "model.info.model_id" } },
  ),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "pp", params: [{ key: "p", value: "" }, { key: "q" }] },
    { save: { pp: "model.info.model_id" } },
  ),
  get("/logged-models/{{pp}}"),
  post("/logged-models", { experiment_id: "{{exp}}", name: "pl", params: [{ key: "p", value: long(6001) }] }),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "pk", params: [{ key: long(256), value: "v" }] },
    { save: { pk: "model.info.model_id" } },
  ),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "p$", params: [{ key: "a$b", value: "v" }] },
    { save: { pd: "model.info.model_id" } },
  ),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "pn", params: [{ value: "v" }] },
    { save: { pn: "model.info.model_id" } },
  ),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "t$", tags: [{ key: "a$b", value: "v" }] },
    { save: { td: "model.info.model_id" } },
  ),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "tl", tags: [{ key: "l", value: long(9000) }] },
    { save: { tl: "model.info.model_id" } },
  ),
  post(
    "/logged-models",
    { experiment_id: "{{exp}}", name: "tk", tags: [{ key: long(256), value: "v" }] },
    { save: { tk: "model.info.model_id" } },
  ),
  post(
    "/logged-models",
    {
      experiment_id: "{{exp}}",
      name: "tt",
      tags: [
        { key: "a", value: "1" },
        { key: "a", value: "2" },
      ],
    },
    { own: "given twice" },
  ),

  patch(at, { model_id: "{{model}}", status: "LOGGED_MODEL_READY" }),
  patch(at, { model_id: "{{model}}", status: "LOGGED_MODEL_UPLOAD_FAILED" }),
  patch(at, { model_id: "{{model}}", status: "LOGGED_MODEL_PENDING" }),
  patch(at, { model_id: "{{model}}", status: 2 }),
  patch(at, { model_id: "{{model}}", status: "2" }),
  patch(at, { model_id: "{{model}}", status: 99 }, { own: "invalid" }),
  patch(at, { model_id: "{{model}}", status: "BOGUS" }),
  get(at),
  patch(at, { model_id: "{{model}}" }),
  patch(at, { status: "LOGGED_MODEL_READY" }),
  patch("/logged-models/m-nope", { model_id: "m-nope", status: "LOGGED_MODEL_READY" }),

  patch(`${at}/tags`, {
    tags: [
      { key: "a", value: "1" },
      { key: "b", value: "" },
    ],
  }),
  patch(`${at}/tags`, { model_id: "{{model}}", tags: [{ key: "a", value: "2" }] }),
  patch(`${at}/tags`, { tags: [] }),
  patch(`${at}/tags`, {}),
  patch(`${at}/tags`, { tags: [{ key: "c" }] }),
  patch(`${at}/tags`, { tags: [{ value: "x" }] }),
  patch(`${at}/tags`, { tags: [{ key: "a$b", value: "x" }] }),
  patch(`${at}/tags`, { tags: [{ key: long(251), value: "x" }] }),
  patch(`${at}/tags`, { tags: [{ key: "long", value: long(9000) }] }),
  patch("/logged-models/m-nope/tags", { tags: [{ key: "a", value: "1" }] }),
  get(at),
  remove(`${at}/tags/a`, undefined),
  remove(`${at}/tags/a`, undefined),
  remove(`${at}/tags/b`, { model_id: "{{model}}", tag_key: "b" }),
  remove("/logged-models/m-nope/tags/a", undefined),

  post(`${at}/params`, { model_id: "{{model}}", params: [{ key: "x", value: "1" }] }),
  post(`${at}/params`, { model_id: "{{model}}", params: [{ key: "x", value: "1" }] }, { own: "again" }),
  post(`${at}/params`, { model_id: "{{model}}", params: [{ key: "x", value: "2" }] }, { own: "changed param" }),
  post(`${at}/params`, { model_id: "{{model}}", params: [] }),
  post(`${at}/params`, { model_id: "{{model}}" }),
  post(`${at}/params`, { params: [{ key: "y", value: "2" }] }),
  post(`${at}/params`, { model_id: "{{model}}", params: [{ key: "long", value: long(6001) }] }),
  post(`${at}/params`, { model_id: "{{model}}", params: [{ key: long(256), value: "v" }] }),
  post(`${at}/params`, { model_id: "{{model}}", params: [{ value: "v" }] }),
  post("/logged-models/m-nope/params", { model_id: "m-nope", params: [{ key: "x", value: "1" }] }),
  get(at),

  remove("/logged-models/{{full}}", undefined),
  get("/logged-models/{{full}}"),
  get("/logged-models/{{full}}", { allow_deleted: "true" }),
  get("/logged-models/{{full}}", { allow_deleted: "false" }),
  remove("/logged-models/{{full}}", undefined),
  patch("/logged-models/{{full}}", { model_id: "{{full}}", status: "LOGGED_MODEL_READY" }),
  patch("/logged-models/{{full}}/tags", { tags: [{ key: "a", value: "1" }] }),
  remove("/logged-models/m-nope", undefined),
  get("/logged-models/m-nope"),
  get("/logged-models/none", { allow_deleted: "true" }),

  ...spoil({
    method: "POST",
    path: `${M}/logged-models`,
    fields: {
      experiment_id: "7777",
      name: "spoilt",
      model_type: "t",
      source_run_id: "{{run}}",
      params: [{ key: "p", value: "1" }],
      tags: [{ key: "t", value: "v" }],
    },
  }),
  ...spoil({
    method: "PATCH",
    path: `${M}/logged-models/{{pp}}`,
    fields: { model_id: "{{pp}}", status: "LOGGED_MODEL_READY" },
  }),
  ...spoil({ method: "PATCH", path: `${M}${at}/tags`, fields: { tags: [{ key: "t", value: "v" }] } }),
  ...spoil({
    method: "POST",
    path: `${M}/logged-models/{{pp}}/params`,
    fields: { model_id: "{{pp}}", params: [{ key: "t", value: "v" }] },
  }).filter(({ body }) => JSON.stringify(body) !== '{"model_id":"{{pp}}","params":[{}]}'),
  get(at),
];
