/** One page of a search. `nextPageToken` is absent on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

export type LifecycleStage = "active" | "deleted";
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** MLflow's search language: see `search/`. */
export interface SearchQuery {
  readonly filter?: string;
  readonly orderBy?: readonly string[];
  readonly maxResults?: number;
  readonly pageToken?: string;
  /** `extended` adds OR, NOT and parentheses to what MLflow's own filters take. */
  readonly grammar?: "mlflow" | "extended";
}
