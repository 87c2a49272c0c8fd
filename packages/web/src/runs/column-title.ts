import type { Catalogue } from "../i18n/en.ts";
import type { AttributeKey, Column } from "./columns.ts";
import { isAttributeKey } from "./columns.ts";

/** A column's name for a person: attributes in their language, keys as they were logged. */
export function columnTitle(column: Column, text: Catalogue): string {
  return column.kind === "attributes" && isAttributeKey(column.key) ? attributeTitle(column.key, text) : column.key;
}

function attributeTitle(key: AttributeKey, text: Catalogue): string {
  const titles: Record<AttributeKey, string> = {
    start_time: text.runs.startTime,
    duration: text.runs.duration,
    status: text.runs.status,
    user_id: text.runs.user,
    source: text.runs.source,
    dataset: text.runs.dataset,
    git_commit: text.runs.gitCommit,
    end_time: text.runs.endTime,
    run_id: text.runs.runId,
  };
  return titles[key];
}
