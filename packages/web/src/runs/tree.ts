import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";

const PARENT_TAG = "mlflow.parentRunId";

export const parentOf = (run: Run): string | undefined => tagValue(run.data.tags, PARENT_TAG) || undefined;
