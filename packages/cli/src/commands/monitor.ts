import type { Command } from "../command.ts";
import { monitorBacktest } from "../monitor/backtest-command.ts";
import { monitorCheck } from "../monitor/check-command.ts";
import { monitorCollect } from "../monitor/collect-command.ts";
import { monitorCompare } from "../monitor/compare-command.ts";
import { monitorExports } from "../monitor/export-commands.ts";
import { monitorLabels } from "../monitor/labels-commands.ts";
import { monitorReport } from "../monitor/report-command.ts";
import { monitorRetrain } from "../monitor/retrain-command.ts";
import { monitorReview } from "../monitor/review-command.ts";
import { monitorRun } from "../monitor/run-command.ts";
import { monitorThreshold } from "../monitor/threshold-commands.ts";

/** What is watched of a model in service. */
export const monitor: readonly Command[] = [
  monitorCollect,
  ...monitorLabels,
  monitorReport,
  monitorCompare,
  ...monitorThreshold,
  monitorReview,
  monitorBacktest,
  monitorRun,
  monitorRetrain,
  monitorCheck,
  ...monitorExports,
];
