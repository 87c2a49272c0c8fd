/** A key and a text: what MLflow calls a tag on runs, experiments, models and versions. Params have the same shape. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}
export type Param = Tag;

export const tagValue = (tags: readonly Tag[], key: string): string | undefined =>
  tags.find((tag) => tag.key === key)?.value;
