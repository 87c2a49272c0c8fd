/** Golden rows through MLflow's pyfunc and through our flavor, one row a request as a service gets them. */

import { EsteiraError, invalid } from "@esteira/core/errors";
import { enforceSchema, type Frame } from "../format/enforce.ts";
import { goldenRows, namedColumns, rowsOf } from "./golden-rows.ts";
import { type Answer, compareAnswers, valuesOf } from "./parity.ts";
import { type ParityQuestion, type ParityReport, reportParity } from "./parity-report.ts";
import { askPython } from "./python-engine.ts";

/** Throws INVALID_PARAMETER_VALUE when no rows can be made, and as `askPython` does. */
export async function compareWithPython(question: ParityQuestion): Promise<ParityReport> {
  const { model, folder, example, python } = question;
  const inputs = model.signature?.inputs;
  const columns = namedColumns(inputs);
  const golden = goldenRows(rowsOf(example, columns), columns);
  const ours: Answer[] = [];
  for (const row of golden.rows) {
    const frame: Frame = { source: "table", names: golden.names, columns: row.map((cell) => [cell]), rowCount: 1 };
    try {
      ours.push((await model.predict(enforceSchema(frame, inputs))).flatMap(valuesOf));
    } catch (error) {
      if (!(error instanceof EsteiraError)) throw error;
      ours.push({ refused: error.message });
    }
  }
  const { answers, versions } = await askPython(python, folder, golden);
  if (answers.length !== golden.rows.length)
    throw invalid(`The original engine gave ${answers.length} answers to ${golden.rows.length} rows`);
  return reportParity("python", question, versions, compareAnswers(golden.rows, golden.kinds, ours, answers));
}
