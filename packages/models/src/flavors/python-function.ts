/**
 * Any model that MLflow's pyfunc loads, scored by a Python beside this process. It runs what the folder says, so it is no
 * flavor among the others: only who asks for Python by name gets it.
 */

import { invalid } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { type SidecarOptions, startSidecar } from "../engines/python/sidecar.ts";
import { errorOf } from "../format/answer.ts";
import { readModelFolder } from "../format/model-folder.ts";
import type { Params } from "../format/params.ts";
import type { ColumnSpec, Schema } from "../format/signature.ts";
import { type Column, type ColumnarTable, isNumeric, positions } from "../format/table.ts";
import type { ServableModel } from "./flavor.ts";
import { readPredictions } from "./predictions.ts";

const JSON_TYPE = "application/json";

/** Throws as `startSidecar`, and INVALID_PARAMETER_VALUE when the folder has no flavor `python_function`. */
export async function startPythonModel(options: SidecarOptions): Promise<ServableModel> {
  const config = await readModelFolder(options.folder);
  if (config.flavors.python_function === undefined)
    throw invalid(
      `The model in '${options.folder}' has the flavors ${Object.keys(config.flavors).join(", ") || "(none)"}: Python scores those with python_function.`,
    );
  const sidecar = await startSidecar(options);
  return {
    config,
    signature: config.signature,
    invoke: (body, contentType) => sidecar.ask(body, contentType),
    async predict(table, params) {
      if (table.rowCount === 0) return [];
      const answer = await sidecar.ask(Buffer.from(toPayload(table, params, config.signature?.inputs)), JSON_TYPE);
      if (answer.status !== 200) throw errorOf(answer);
      const predictions = readPredictions(answer.body);
      if (predictions.length === 0)
        throw invalid("The model's answer is no list with an answer a row: MLflow's /invocations carries it as it is.");
      return predictions;
    },
    isReady: () => sidecar.pid !== undefined,
    close: () => sidecar.close(),
  };
}

/** A table as a body of MLflow's protocol. */
function toPayload(table: ColumnarTable, params: Params | undefined, schema: Schema | undefined): string {
  const columns = table.columns.map((column, i) => cellsOf(column, typeOf(table.names[i]!, i, schema)));
  const rows = (): unknown[][] =>
    Array.from({ length: table.rowCount }, (_, row) => columns.map((cells) => cells[row]));
  const isTensor = schema?.some((spec) => spec.kind === "tensor") === true;
  const isNamed = isTensor
    ? schema?.every((spec) => spec.name !== undefined) === true
    : !table.names.every((name, i) => name === positions(table.names.length)[i]);
  const form = isTensor
    ? { inputs: isNamed ? Object.fromEntries(table.names.map((name, i) => [name, columns[i]])) : rows() }
    : isNamed
      ? { dataframe_split: { columns: table.names, data: rows() } }
      : { inputs: rows() };
  return pythonJson({ ...form, ...(params !== undefined && Object.keys(params).length > 0 && { params }) });
}

function typeOf(name: string, at: number, schema: Schema | undefined): ColumnSpec["type"] | undefined {
  const spec = schema?.find((one) => one.name === name) ?? schema?.[at];
  return spec?.kind === "column" ? spec.type : undefined;
}

/** Numbers as the signature's type is written in JSON. */
function cellsOf(column: Column, type: ColumnSpec["type"] | undefined): readonly unknown[] {
  if (!isNumeric(column)) return column;
  const cells = Array.from(column);
  switch (type) {
    case "boolean":
      return cells.map((cell) => (Number.isNaN(cell) ? null : cell !== 0));
    case "datetime":
      // Without a zone: MLflow refuses one in a data frame.
      return cells.map((cell) => (Number.isNaN(cell) ? null : new Date(cell).toISOString().slice(0, -1)));
    case "integer":
    case "long":
      return cells.map((cell) => (Number.isNaN(cell) ? null : cell));
    default:
      return cells;
  }
}
