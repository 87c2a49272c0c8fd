import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";

const PARENT_TAG = "mlflow.parentRunId";

/** The search for the runs nested in one. */
export const parentFilter = (id: string): string => `tags.\`${PARENT_TAG}\` = '${id.replaceAll("'", "")}'`;

export const parentOf = (run: Run): string | undefined => tagValue(run.data.tags, PARENT_TAG) || undefined;
