/** A file of rows that the model was accepted on, with its scores and what became of them. */

import { invalid } from "@esteira/core/errors";
import { instantOf, labelOf, numberOf } from "@esteira/lifecycle/evidence/cells";
import { RowSample } from "@esteira/lifecycle/evidence/row-sample";
import { FEATURE_PREFIX } from "../ledger/columns.ts";
import { type ColumnMap, openMapped } from "../source/mapped-file.ts";
import { type CategoryCodes, numberCell } from "./category-codes.ts";
import type { SampledFeature } from "./ledger-rows.ts";
import type { Reference, ReferenceFraud } from "./reference.ts";

/** Columns of such a file that are no features; all but the score may be absent. */
export const REFERENCE_COLUMNS = ["score", "label", "typology", "time"] as const;

export interface ReferenceFileOptions {
  readonly map: ColumnMap;
  readonly threshold: number;
  /** The features to look for, with their kinds. */
  readonly features: readonly Pick<SampledFeature, "name" | "kind">[];
  readonly mostSampled: number;
  readonly codes: CategoryCodes;
}

/** Throws INVALID_PARAMETER_VALUE for a file without scores, without rows, or with a cell that is none of its kind. */
export async function readReferenceFile(path: string, options: ReferenceFileOptions): Promise<Reference> {
  const { map, threshold, codes } = options;
  const file = await openMapped(path, map);
  const has = (name: (typeof REFERENCE_COLUMNS)[number]) => file.names.includes(file.nameOf(name));
  if (!has("score"))
    throw invalid(
      `${path} has no column '${file.nameOf("score")}' (it has ${file.names.join(", ")}): map one to it, as in score=prediction.`,
    );
  const columnOf = (name: string) => [`${FEATURE_PREFIX}${name}`, name].find((column) => file.names.includes(column));
  const features = options.features.flatMap((feature) => {
    const column = columnOf(feature.name);
    return column === undefined ? [] : [{ ...feature, column }];
  });
  const sample = new RowSample(options.mostSampled);
  const frauds: ReferenceFraud[] = [];
  let [rowCount, alerts] = [0, 0];
  for await (const rows of file.rows()) {
    const [scores, labels, typologies, times] = REFERENCE_COLUMNS.map((name) => rows.cells(name));
    const cells = features.map(({ column }) => rows.cells(column));
    for (let at = 0; at < rows.rowCount; at++) {
      const place = (column: string) => ({ file: path, column: file.nameOf(column), row: rows.firstRow + at });
      const score = numberOf(scores?.[at], place("score"));
      const isCaught = score >= threshold;
      if (isCaught) alerts++;
      if (labels !== undefined && labelOf(labels[at], place("label")) === 1) {
        const typology = typologies?.[at];
        frauds.push({
          typology: typeof typology === "string" && typology !== "" ? typology : null,
          score,
          isCaught,
          weight: 1,
        });
      }
      const time = times === undefined ? Number.NaN : instantOf(times[at], place("time"));
      sample.offer(() =>
        Float64Array.from([
          ...[time, score],
          ...features.map(({ name, kind }, i) =>
            kind === "category" ? codes.codeOf(name, cells[i]?.[at]) : numberCell(cells[i]?.[at]),
          ),
        ]),
      );
    }
    rowCount += rows.rowCount;
  }
  if (rowCount === 0) throw invalid(`${path} has no rows: a reference needs some.`);
  return {
    ...{ description: `${path}, ${rowCount} rows`, scores: sample.column(1), frauds, alertRate: alerts / rowCount },
    times: has("time") ? sample.column(0) : undefined,
    features: features.map(({ name, kind }, i) => ({ name, kind, cells: sample.column(i + 2) })),
  };
}
