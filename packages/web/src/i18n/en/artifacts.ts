import { count, number } from "./count.ts";

export const artifacts = {
  runFiles: "Files of the run",
  modelFiles: (name: string) => `Model ${name}`,
  empty: "No files here.",
  pick: "Choose a file to see it.",
  tooLarge: (size: string) => `This file has ${size}: too large to show here. Download it instead.`,
  noPreview: "This kind of file has no preview. Download it instead.",
  notProxied: "The server does not serve these files itself. They are at:",
  rowsShown: (shown: number, total: number) => `First ${number.format(shown)} of ${count(total, "row", "rows")}`,
  rows: (n: number) => count(n, "row", "rows"),
  notJson: "This file is named JSON but is not: shown as text.",
  sandbox: "Shown in a sandbox: its scripts do not run.",
  tree: "Files",
  codec: (name: string) => `This file is packed with ${name}, which has no preview here. Download it instead.`,
  notShown: (n: number) => `${count(n, "more is", "more are")} not shown`,
  asTree: "Tree",
  asTable: "Table",
  asText: "Text",
  shownAs: "Show as",
};
