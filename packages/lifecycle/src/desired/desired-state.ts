import { z } from "zod";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const digest = z.string().regex(/^(sha256:)?[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits");

const alias = z
  .strictObject({
    /** The content that the alias must stand for: the tag `esteira.model.sha256` of its version. */
    digest: digest.meta({
      description: "SHA-256 of the model's files, as the version's tag esteira.model.sha256 says it",
    }),
    /** Which version it must be; without it, the newest of that digest. */
    version: z.int().positive().optional().meta({ description: "the version; without it, the newest of that digest" }),
    /** Where the version is served, one of `targets`. */
    target: z.string().regex(NAME).optional().meta({ description: "where it is served: one of targets" }),
  })
  .nullable()
  .meta({ description: "what the alias stands for; null: there must be no such alias" });

const localTarget = z.strictObject({
  kind: z.literal("local").meta({ description: "a process on the machine where `esteira apply` runs" }),
  port: z.int().min(1).max(65_535).optional().meta({ description: "where it listens; any free port when absent" }),
});

/** What registered models are to be: which version each alias stands for, by the digest of its content, and where it is served. */
export const desiredStateSchema = z.strictObject({
  models: z.record(
    z.string().min(1),
    z.strictObject({
      aliases: z.record(
        z.string().regex(/^[\w-]+$/, "must be a name of letters, digits, dashes and underscores"),
        alias,
      ),
    }),
  ),
  targets: z.record(z.string().regex(NAME), localTarget).default({}),
});
export type DesiredState = z.output<typeof desiredStateSchema>;
export type DesiredAlias = NonNullable<DesiredState["models"][string]["aliases"][string]>;

/** The JSON Schema of `models.yaml`, for editors: what a person writes, defaults not yet filled in. */
export function desiredStateJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(desiredStateSchema, { io: "input", target: "draft-2020-12" }),
    title: "Esteira models",
    description:
      "Which version each alias of a registered model stands for, by the digest of its content, and where it is served.",
  };
}
