import { z } from "zod";
import { common, defineCheck, figure, lacking, percent } from "./check.ts";

/** The rows judged on are the agreed ones, whole, and filled in. */
export const dataCheck = defineCheck({
  proves: "The rows judged on are those that were agreed, have the columns that they should, and are filled in.",
  inputs: ["data", "digests"],
  settings: z.strictObject({
    check: z.literal("data"),
    digest: z
      .string()
      .regex(/^(sha256:)?[0-9a-f]{64}$/, "must be a SHA-256, 64 hexadecimal digits")
      .optional()
      .describe("SHA-256 of the file."),
    rows: z.number().int().min(1).optional().describe("Rows at least."),
    columns: z.array(z.string().min(1)).min(1).optional().describe("Columns that must be there."),
    missing: z.number().min(0).lt(1).optional().describe("Highest share of an input's cells that may be empty."),
    ...common,
  }),
  title: ({ digest, rows, columns, missing }) =>
    `data: ${[
      digest === undefined ? "" : `digest ${digest.replace(/^sha256:/, "").slice(0, 12)}…`,
      rows === undefined ? "" : `${rows} rows at least`,
      columns === undefined ? "" : `${columns.length} columns`,
      missing === undefined ? "" : `at most ${percent(missing)} empty`,
    ]
      .filter((part) => part !== "")
      .join(", ")}`,
  judge({ digest, rows, columns, missing }, { data, digests }) {
    if (data === undefined) return lacking("What the evaluated file holds");
    const faults: string[] = [];
    if (digest !== undefined && digests.data.replace(/^sha256:/, "") !== digest.replace(/^sha256:/, ""))
      faults.push(`its digest is ${digests.data}, and not ${digest}`);
    if (rows !== undefined && data.rows < rows) faults.push(`it has ${data.rows} rows, and ${rows} are asked`);
    const gone = (columns ?? []).filter((name) => !data.columns.includes(name));
    if (gone.length > 0) faults.push(`it has no column ${gone.join(", ")}`);
    const emptiest = [...data.missing].sort((a, b) => b.share - a.share)[0];
    const empty = data.missing.filter(({ share }) => missing !== undefined && share > missing);
    if (empty.length > 0)
      faults.push(`empty are ${empty.map(({ feature, share }) => `${percent(share)} of ${feature}`).join(", ")}`);
    const sentence = faults.join("; ");
    const found = `${data.rows} rows${emptiest === undefined ? "" : `, at most ${figure(emptiest.share * 100)} % empty`}`;
    return {
      status: faults.length > 0 ? "refused" : "passed",
      found: faults.length > 0 ? (faults[0] ?? found) : found,
      reason: faults.length > 0 ? `${sentence[0]!.toUpperCase()}${sentence.slice(1)}.` : `As agreed: ${found}.`,
      evidence: {
        digest: digests.data,
        rows: data.rows,
        columns: data.columns.length,
        emptiest: emptiest?.feature ?? null,
        emptiest_share: emptiest?.share ?? null,
      },
    };
  },
});
