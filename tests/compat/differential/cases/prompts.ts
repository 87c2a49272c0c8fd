import { type Case, get, patch, post, remove } from "../case.ts";

const IS_PROMPT = { key: "mlflow.prompt.is_prompt", value: "true" };
const TEXT = { key: "mlflow.prompt.text", value: "Say {{word}}" };
const search = (filter: string): Case => get("/registered-models/search", { filter });

/** Prompts are registered models with a tag; lists of models leave them out unless they are asked for. */
export const promptCases: readonly Case[] = [
  post("/registered-models/create", { name: "greet", tags: [IS_PROMPT] }),
  get("/registered-models/get", { name: "greet" }),
  post("/model-versions/create", { name: "greet", source: "dummy-source", tags: [IS_PROMPT, TEXT] }),
  post("/model-versions/create", {
    name: "greet",
    source: "prompt-template",
    description: "second",
    tags: [IS_PROMPT, TEXT],
  }),
  post("/model-versions/create", { name: "greet", source: "s3://b/k", tags: [IS_PROMPT] }),
  post("/model-versions/create", { name: "greet", source: "file:///etc", tags: [IS_PROMPT] }),
  post("/model-versions/create", { name: "greet", source: "dummy-source", tags: [{ ...IS_PROMPT, value: "false" }] }),
  get("/model-versions/get", { name: "greet", version: "1" }),
  post("/registered-models/alias", { name: "greet", alias: "production", version: "1" }),
  get("/registered-models/alias", { name: "greet", alias: "production" }),
  get("/registered-models/get", { name: "greet" }),
  post("/registered-models/create", { name: "plain" }),
  search("name LIKE 'gre%'"),
  search("name = 'greet' AND tags.`mlflow.prompt.is_prompt` = 'true'"),
  search("tags.`mlflow.prompt.is_prompt` != 'true' AND name = 'plain'"),
  get("/model-versions/search", { filter: "name = 'greet'" }),
  get("/model-versions/search", { filter: "name = 'greet' AND tags.`mlflow.prompt.is_prompt` = 'true'" }),
  post("/model-versions/create", { name: "plain", source: "models:/greet/1" }),
  post("/registered-models/rename", { name: "greet", new_name: "greeting" }),
  post("/registered-models/rename", { name: "greeting", new_name: "greet" }),
  post("/model-versions/transition-stage", { name: "greet", version: "1", stage: "Production" }),
  get("/model-versions/get-download-uri", { name: "greet", version: "1" }),
  post("/model-versions/set-tag", { name: "greet", version: "1", key: "a", value: "b" }),
  remove("/model-versions/delete-tag", { name: "greet", version: "1", key: "a" }),
  patch("/model-versions/update", { name: "greet", version: "1", description: "d" }),
  post("/registered-models/set-tag", { name: "greet", key: "team", value: "fraud" }),
  remove("/registered-models/delete-tag", { name: "greet", key: "team" }),
  remove("/model-versions/delete", { name: "greet", version: "2" }),
  remove("/registered-models/delete", { name: "greet" }),
  get("/registered-models/get", { name: "greet" }),
];
