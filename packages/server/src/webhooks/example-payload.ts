import type { WebhookEvent } from "@esteira/core/entities/webhook";

const TAGS = { example_key: "example_value" };

/** What a test call sends as the data of an event: MLflow's shapes with made-up values. */
export function examplePayload({ entity, action }: WebhookEvent): Readonly<Record<string, unknown>> {
  const isPrompt = entity.startsWith("prompt");
  const name = isPrompt ? "example_prompt" : "example_model";
  const tag = { key: "example_key", ...(action === "set" ? { value: "example_value" } : {}) };
  switch (entity) {
    case "registered_model":
      return { name, tags: TAGS, description: "An example registered model" };
    case "prompt":
      return { name, tags: TAGS, description: "An example prompt" };
    case "model_version":
      return {
        name,
        version: "1",
        source: "models:/123",
        run_id: "abcd1234abcd5678",
        tags: TAGS,
        description: "An example model version",
      };
    case "prompt_version":
      return {
        name,
        version: "1",
        template: "Hello {{name}}!",
        tags: TAGS,
        description: "An example prompt version",
      };
    case "prompt_tag":
      return { name, ...tag };
    case "model_version_tag":
    case "prompt_version_tag":
      return { name, version: "1", ...tag };
    case "model_version_alias":
    case "prompt_alias":
      return { name, alias: "example_alias", ...(action === "created" ? { version: "1" } : {}) };
  }
}
