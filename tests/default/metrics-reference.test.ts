import { readFileSync } from "node:fs";
import { createServingMetrics } from "@esteira/models/serving/metrics";
import { createServerMetrics } from "@esteira/server/metrics/server-metrics";
import { expect, it } from "vitest";

const reference = readFileSync(new URL("../../docs/reference/metrics.md", import.meta.url), "utf8");

/** The rows of the table below a heading. */
function tableOf(heading: string): readonly string[] {
  const section = reference.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.replace(/ +/g, " ").trim());
}

/** The rows that a server's own text makes: `le` is every histogram's. */
function rowsOf(text: string): readonly string[] {
  return [...text.matchAll(/^# HELP (\w+) (.+)\n# TYPE \w+ (\w+)\n(.*)$/gm)].map(
    ([, name, help, type, sample = ""]) => {
      const labels = [...sample.matchAll(/[{,](\w+)=/g)].map(([, label]) => label).filter((label) => label !== "le");
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`.replace(
        / +/g,
        " ",
      );
    },
  );
}

it("the reference names what a server counts, no less and no more", async () => {
  const metrics = createServerMetrics();
  metrics.requestBegun();
  metrics.requestEnded({ method: "GET", route: "/get-artifact", status: "200", seconds: 0.1 });
  metrics.database.watch(() => ({ waiting: 0, connections: { open: 1, idle: 1 } }));
  metrics.watchOutbox(async () => ({ pending: 0 }));
  // Only Linux tells how many files are open.
  const documented = tableOf("The server").filter(
    (row) => process.platform === "linux" || !row.includes("process_open_fds"),
  );
  expect(documented).toEqual(rowsOf(await metrics.render()));
  metrics.close();
});

it("the reference names what a scoring server counts, no less and no more", async () => {
  const metrics = createServingMetrics({
    ...{ inFlight: () => 0, refused: () => 0, generation: () => 0 },
    ...{ unlogged: () => 0, unrecorded: () => 0, recordedLate: () => 0 },
  });
  metrics.record({
    status: 200,
    seconds: 0.1,
    rows: 1,
    scored: {
      table: { names: [], columns: [], rowCount: 1 },
      params: undefined,
      predictions: [1],
      variant: "primary",
      identity: { name: "pix-fraud", version: "1" },
    },
  });
  metrics.recordShadow({ kind: "compared", differences: [0], scores: [], seconds: 0 });
  expect(tableOf("The scoring server")).toEqual(rowsOf(await metrics.text()));
});
