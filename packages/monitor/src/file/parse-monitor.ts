import { readYaml } from "@esteira/lifecycle/read-yaml";
import { contradictionsIn } from "./contradictions.ts";
import { type MonitorFile, monitorSchema } from "./monitor-file.ts";

/**
 * Reads a `monitor.yaml`. Every fault is said with its place (`monitor.yaml:7:5`), all of them at once, as one
 * INVALID_PARAMETER_VALUE. `file` is the name that the message uses.
 */
export const parseMonitor = (text: string, file = "monitor.yaml"): MonitorFile =>
  readYaml(text, monitorSchema, { file, subject: "the file", contradictions: contradictionsIn });
