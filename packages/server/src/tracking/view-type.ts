import type { ViewType } from "@esteira/core/entities/page";

/** In the order of MLflow's enum numbers, which start at 1. */
export const VIEW_TYPES = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] as const satisfies readonly ViewType[];
