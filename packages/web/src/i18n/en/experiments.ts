import { count } from "./count.ts";

export const experiments = {
  title: "Experiments",
  count: (n: number) => count(n, "experiment", "experiments"),
  searchLabel: "Search experiments by name",
  created: "Created",
  updated: "Last change",
  note: "Note",
  deleted: "deleted",
  showDeleted: "Show deleted",
  empty: "No experiment yet. One appears here when a program logs its first run to this server:",
  noMatch: "No experiment has this text in its name.",
};
