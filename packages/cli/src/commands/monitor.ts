import type { Command } from "../command.ts";
import { monitorCollect } from "../monitor/collect-command.ts";
import { monitorLabels } from "../monitor/labels-commands.ts";
import { monitorReport } from "../monitor/report-command.ts";

/** What is watched of a model in service. */
export const monitor: readonly Command[] = [monitorCollect, ...monitorLabels, monitorReport];
