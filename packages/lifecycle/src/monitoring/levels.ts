/** How loud a finding is. `info` changes no verdict. */
export type Level = "info" | "watch" | "act";

export type MonitorVerdict = "ok" | "watch" | "act";

export const verdictOf = (levels: readonly Level[]): MonitorVerdict =>
  levels.includes("act") ? "act" : levels.includes("watch") ? "watch" : "ok";
