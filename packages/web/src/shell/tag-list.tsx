import type { Tag } from "@esteira/core/entities/tag";
import { useText } from "../i18n/use-text.tsx";
import { Dim } from "./page.tsx";
import { SmallTable } from "./small-table.tsx";

/** Tags that only machines read: MLflow keeps logs and flags of its own in them. */
const HIDDEN =
  /^esteira\.request$|^mlflow\.(log-model\.history|runColor|note\.content|runName|user|source\.|parentRunId)/;

export const visibleTags = (tags: readonly Tag[]): readonly Tag[] => tags.filter(({ key }) => !HIDDEN.test(key));

export function TagList({ tags }: { tags: readonly Tag[] }) {
  const text = useText();
  const shown = visibleTags(tags);
  if (shown.length === 0) return <Dim>{text.run.noTags}</Dim>;
  return (
    <SmallTable
      head={[{ title: text.common.name }, { title: text.common.value }]}
      rows={shown.map(({ key, value }) => ({ key, cells: [key, value] }))}
    />
  );
}
