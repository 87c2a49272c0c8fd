/** Branded identifiers: a run id does not fit where an experiment id is asked for. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Decimal text of MLflow's autoincrement key: "0", "1" ... */
export type ExperimentId = Branded<"ExperimentId">;
/** 32 hexadecimal digits (uuid4 without hyphens). */
export type RunId = Branded<"RunId">;
/** `m-` and 32 hexadecimal digits. */
export type LoggedModelId = Branded<"LoggedModelId">;

export const experimentId = (text: string): ExperimentId => text as ExperimentId;
export const runId = (text: string): RunId => text as RunId;
export const loggedModelId = (text: string): LoggedModelId => text as LoggedModelId;
