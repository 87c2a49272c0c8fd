import { count } from "./count.ts";

export const compare = {
  title: (n: number) => `Compare ${count(n, "run", "runs")}`,
  onlyDifferences: "Only differences",
  remove: (name: string) => `Leave out ${name}`,
  tooFew: "Choose at least two runs to compare: select them in an experiment's table.",
  noDifferences: "The runs do not differ here.",
  nothing: "The runs have nothing of this kind.",
  section: "Section",
  backToRuns: "Back to the runs",
  missing: (n: number) => `${count(n, "run", "runs")} could not be loaded.`,
};
