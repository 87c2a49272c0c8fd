import { randomUUID } from "node:crypto";
import type { Tag } from "@esteira/core/entities/tag";
import type { WebhookEvent } from "@esteira/core/entities/webhook";
import { eventBody } from "@esteira/core/wire/webhook";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { findModelTag } from "../registry/model-tag.ts";

const IS_PROMPT = "mlflow.prompt.is_prompt";
const PROMPT_TEXT = "mlflow.prompt.text";
const PROMPT_TYPE = "_mlflow_prompt_type";

/** A registered model with this tag is a prompt, and its events bear the names of prompts. */
const isPromptValue = (value: string | null | undefined): boolean => value?.toLowerCase() === "true";

const isPrompt = async (db: Database, name: string): Promise<boolean> =>
  isPromptValue(await findModelTag(db, name, IS_PROMPT));

/** The last value of a repeated key counts. */
const asRecord = (tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]));

function withoutPromptTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).filter(([key]) => ![IS_PROMPT, PROMPT_TEXT, PROMPT_TYPE].includes(key)),
  );
}

/**
 * Writes an event to the outbox, once for each active webhook that asks for it. Called inside the transaction that makes
 * the event: both are there, or neither.
 */
async function emit(db: Database, now: number, event: WebhookEvent, data: object): Promise<void> {
  const webhooks = await db
    .selectFrom("webhooks")
    .innerJoin("webhook_events", "webhook_events.webhook_id", "webhooks.webhook_id")
    .select("webhooks.webhook_id")
    .where("webhook_events.entity", "=", event.entity)
    .where("webhook_events.action", "=", event.action)
    .where("webhooks.status", "=", "ACTIVE")
    .where("webhooks.deleted_timestamp", "is", null)
    .where("webhooks.workspace", "=", WORKSPACE)
    .execute();
  if (webhooks.length === 0) return;
  const body = eventBody(event, now, data);
  await db
    .insertInto("esteira_webhook_deliveries")
    .values(
      webhooks.map(({ webhook_id }) => ({
        delivery_id: randomUUID(),
        webhook_id,
        entity: event.entity,
        action: event.action,
        body,
        state: "pending",
        attempts: 0,
        created_at: now,
        next_attempt_at: now,
        response_status: null,
        error: null,
      })),
    )
    .execute();
}

export async function emitModelCreated(
  db: Database,
  now: number,
  model: { name: string; tags: readonly Tag[]; description?: string },
): Promise<void> {
  const tags = asRecord(model.tags);
  const prompt = isPromptValue(tags[IS_PROMPT]);
  const shown = prompt ? withoutPromptTags(tags) : tags;
  await emit(
    db,
    now,
    { entity: prompt ? "prompt" : "registered_model", action: "created" },
    { name: model.name, tags: shown, description: model.description ?? "" },
  );
}

export async function emitVersionCreated(
  db: Database,
  now: number,
  version: {
    name: string;
    version: number;
    source: string;
    runId?: string | undefined;
    tags: readonly Tag[];
    description?: string | undefined;
  },
): Promise<void> {
  const tags = asRecord(version.tags);
  const [name, number, description] = [version.name, String(version.version), version.description || null];
  if (isPromptValue(tags[IS_PROMPT])) {
    const data = {
      name,
      version: number,
      template: tags[PROMPT_TEXT] ?? null,
      tags: withoutPromptTags(tags),
      description,
    };
    await emit(db, now, { entity: "prompt_version", action: "created" }, data);
    return;
  }
  const data = { name, version: number, source: version.source, run_id: version.runId ?? null, tags, description };
  await emit(db, now, { entity: "model_version", action: "created" }, data);
}

/** `value` is absent when the tag was deleted. MLflow tells of a model's tags only where the model is a prompt. */
export async function emitModelTag(
  db: Database,
  now: number,
  tag: { name: string; key: string; value?: string },
): Promise<void> {
  if (!(await isPrompt(db, tag.name))) return;
  await emit(db, now, { entity: "prompt_tag", action: tag.value === undefined ? "deleted" : "set" }, tag);
}

export async function emitVersionTag(
  db: Database,
  now: number,
  tag: { name: string; version: number; key: string; value?: string },
): Promise<void> {
  const entity = (await isPrompt(db, tag.name)) ? "prompt_version_tag" : "model_version_tag";
  const data = { ...tag, version: String(tag.version) };
  await emit(db, now, { entity, action: tag.value === undefined ? "deleted" : "set" }, data);
}

/** `version` is absent when the alias was deleted. */
export async function emitAlias(
  db: Database,
  now: number,
  alias: { name: string; alias: string; version?: number },
): Promise<void> {
  const entity = (await isPrompt(db, alias.name)) ? "prompt_alias" : "model_version_alias";
  const { name, alias: text, version } = alias;
  const data = { name, alias: text, ...(version === undefined ? {} : { version: String(version) }) };
  await emit(db, now, { entity, action: version === undefined ? "deleted" : "created" }, data);
}
