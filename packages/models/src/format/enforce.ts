/** A frame of untyped cells against a model's input schema, as MLflow enforces it. */

import { EsteiraError } from "@esteira/core/errors";
import { badRequest, type CellSource, castColumn, inferColumn, type UntypedColumn } from "./cells.ts";
import { type ColumnSpec, isTensorSchema, type Schema, type TensorSpec } from "./signature.ts";
import { type Column, type ColumnarTable, positions } from "./table.ts";

/** A request's table before its types are known. */
export interface Frame {
  readonly source: CellSource;
  /** Undefined when columns were given by position only. */
  readonly names: readonly string[] | undefined;
  /** Each of `rowCount` cells. */
  readonly columns: readonly UntypedColumn[];
  readonly rowCount: number;
  /** True for a list of plain values, which has one dimension only. */
  readonly isFlat?: boolean;
}

/** The input does not fit the signature. */
export const schemaError = (message: string): EsteiraError =>
  new EsteiraError("INVALID_PARAMETER_VALUE", message, { errorClass: "SCHEMA_ENFORCEMENT_FAILED" });

const list = (names: readonly string[]): string => {
  const shown = names.slice(0, 20).map((name) => `'${name}'`);
  return `[${shown.join(", ")}${names.length > shown.length ? `, and ${names.length - shown.length} more` : ""}]`;
};

function refuseDuplicates(names: readonly string[]): void {
  if (new Set(names).size === names.length) return;
  throw schemaError(`The input names a column twice: ${list(names.filter((name, i) => names.indexOf(name) !== i))}`);
}

type NamedColumn = ColumnSpec & { readonly name: string };

/** Where each of the schema's columns stands among those given, -1 for an optional one that was left out. */
function placeColumns(given: readonly string[], specs: readonly NamedColumn[]): readonly number[] {
  // Most callers send the columns of the signature in its order.
  if (given.length === specs.length && specs.every((spec, i) => spec.name === given[i])) return specs.map((_, i) => i);
  refuseDuplicates(given);
  const at = new Map(given.map((name, i) => [name, i]));
  const missing = specs.filter((spec) => spec.required && !at.has(spec.name)).map((spec) => spec.name);
  if (missing.length > 0) {
    const known = new Set(specs.map((spec) => spec.name));
    const extra = given.filter((name) => !known.has(name));
    const note = extra.length > 0 ? ` Note that there were extra inputs: ${list(extra)}.` : "";
    throw schemaError(`Model is missing inputs ${list(missing)}.${note}`);
  }
  return specs.map((spec) => at.get(spec.name) ?? -1);
}

function enforceNamed(frame: Frame, specs: readonly NamedColumn[]): ColumnarTable {
  // A plain list is the column of a signature that has one only.
  const given =
    frame.names ?? (frame.isFlat === true && specs.length === 1 ? [specs[0]!.name] : positions(frame.columns.length));
  const places = placeColumns(given, specs);
  const names: string[] = [];
  const columns: Column[] = [];
  specs.forEach((spec, i) => {
    const place = places[i]!;
    if (place < 0) return;
    names.push(spec.name);
    columns.push(castColumn(spec.name, spec, frame.columns[place]!, frame.source));
  });
  return { names, columns, rowCount: frame.rowCount };
}

function enforceUnnamed(frame: Frame, specs: readonly ColumnSpec[]): ColumnarTable {
  if (frame.source === "array" && frame.names !== undefined)
    throw badRequest("The signature of this model has no column names: give a list of rows, not an object of columns");
  if (frame.columns.length < specs.length)
    throw schemaError(
      `Model inference is missing inputs. The signature declares ${specs.length} inputs but the input has ${frame.columns.length}.`,
    );
  const names = frame.names?.slice(0, specs.length) ?? positions(specs.length);
  return {
    names,
    columns: specs.map((spec, i) => castColumn(names[i]!, spec, frame.columns[i]!, frame.source)),
    rowCount: frame.rowCount,
  };
}

/** A tensor's elements are cast like cells of a column of the nearest type. */
const columnOfTensor = (dtype: string): ColumnSpec => {
  const type = dtype === "float32" || dtype === "float16" ? "float" : dtype === "float64" ? "double" : undefined;
  if (type !== undefined) return { kind: "column", type, required: true };
  if (/^u?int(?:8|16|32|64)$/.test(dtype))
    return { kind: "column", type: dtype === "int32" ? "integer" : "long", required: true };
  if (dtype === "bool") return { kind: "column", type: "boolean", required: true };
  return { kind: "column", type: "string", required: true };
};

function enforceTensors(frame: Frame, specs: readonly TensorSpec[]): ColumnarTable {
  const [spec] = specs;
  if (spec === undefined) throw schemaError("The signature of this model has no inputs");
  if (spec.name !== undefined) {
    const flat = specs.every(({ shape }) => shape.length === 1 || (shape.length === 2 && shape[1] === 1));
    if (!flat) throw schemaError("Named tensors of more than one value a row are not supported");
    return enforceNamed(
      frame,
      specs.map((one) => ({ ...columnOfTensor(one.dtype), name: one.name! })),
    );
  }
  if (frame.source === "array" && frame.names !== undefined)
    throw badRequest(
      "The signature of this model has one unnamed tensor: give a list of rows, not an object of columns",
    );
  const shape = frame.isFlat === true ? [frame.rowCount] : [frame.rowCount, frame.columns.length];
  const fits = shape.length === spec.shape.length && spec.shape.every((size, i) => size === -1 || size === shape[i]);
  if (!fits || frame.rowCount === 0)
    throw schemaError(`Shape of input (${shape.join(", ")}) does not match expected shape (${spec.shape.join(", ")}).`);
  const names = frame.names ?? positions(frame.columns.length);
  const column = columnOfTensor(spec.dtype);
  return {
    names,
    columns: frame.columns.map((cells, i) => castColumn(names[i]!, column, cells, frame.source)),
    rowCount: frame.rowCount,
  };
}

const isNamed = (specs: readonly ColumnSpec[]): specs is readonly NamedColumn[] =>
  specs.every((spec) => spec.name !== undefined);

/**
 * Types the frame by the schema; without one, by what its cells are. Extra columns are left out, optional ones may be
 * absent. Throws INVALID_PARAMETER_VALUE (SCHEMA_ENFORCEMENT_FAILED) when columns or shape do not fit, BAD_REQUEST when
 * a cell cannot be converted.
 */
export function enforceSchema(frame: Frame, schema: Schema | undefined): ColumnarTable {
  if (schema === undefined || schema.length === 0) {
    return {
      names: frame.names ?? positions(frame.columns.length),
      columns: frame.columns.map((cells) => inferColumn(cells, frame.source)),
      rowCount: frame.rowCount,
    };
  }
  if (isTensorSchema(schema)) return enforceTensors(frame, schema);
  const columns = schema as readonly ColumnSpec[];
  return isNamed(columns) ? enforceNamed(frame, columns) : enforceUnnamed(frame, columns);
}
