/**
 * An ONNX file as data, before a runtime gets it: which other files it names, and the classes that it answers as maps.
 * Field numbers are those of onnx.proto3, which ONNX promises to keep.
 */

import { invalid } from "@esteira/core/errors";
import { bytesField, type Field, fieldsNumbered, fieldsOf, numberField, textOf } from "./protobuf.ts";

const MODEL = { graph: 7, opsets: 8, training: 20, functions: 25 };
const GRAPH = { nodes: 1, initializers: 5, outputs: 12, sparse: 15 };
const NODE = { inputs: 1, outputs: 2, operator: 4, attributes: 5 };
const ATTRIBUTE = {
  name: 1,
  tensor: 5,
  graph: 6,
  ints: 8,
  strings: 9,
  tensors: 10,
  graphs: 11,
  sparse: 22,
  sparses: 23,
};
const TENSOR = { external: 13 };
const FLOAT = 1;

/** Graphs within graphs (`If`, `Loop`) are few: what nests deeper is made to break its reader. */
const DEEPEST = 32;

/** The most bytes of one file: Protocol Buffers end at 2 GiB, and larger models keep their weights beside it. */
export const MOST_BYTES = 2 ** 31;

/** An output that is a map from class to probability, as scikit-learn's converter writes it. */
export interface ZipMap {
  readonly output: string;
  /** The tensor that it is made of, a row of probabilities a row of the input. */
  readonly tensor: string;
  /** Names of the classes, in the order of the tensor. */
  readonly classes: readonly string[];
}

export interface OnnxFile {
  /** Versions of the operators by domain; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Files with weights that the model names, relative to its own folder. */
  readonly externalFiles: readonly string[];
  readonly zipMaps: readonly ZipMap[];
  /** The file with tensors in place of its maps, since the runtime answers tensors only; itself when it has none. */
  readonly bytes: Uint8Array;
}

/** Throws INVALID_PARAMETER_VALUE when the bytes are no whole ONNX model. */
export function readOnnx(file: Uint8Array): OnnxFile {
  const graphs = fieldsNumbered(file, MODEL.graph);
  const opsets = new Map(
    fieldsNumbered(file, MODEL.opsets).map(({ bytes }): [string, number] => [
      textOf(bytes, 1),
      fieldsNumbered(bytes, 2).at(-1)?.value ?? 0,
    ]),
  );
  const graph = graphs[0];
  if (graph === undefined || graphs.length > 1 || opsets.size === 0)
    throw invalid("The file is no ONNX model: it must have one graph, and say which operators it takes");
  const external = new Set<string>();
  collectExternal(file, external);
  const { zipMaps, bytes } = withoutMaps(graph.bytes);
  return {
    opsets,
    externalFiles: [...external],
    zipMaps,
    bytes: zipMaps.length === 0 ? file : splice(file, graph, bytesField(MODEL.graph, bytes)),
  };
}

const splice = (message: Uint8Array, { start, end }: Field, part: Uint8Array): Uint8Array =>
  Buffer.concat([message.subarray(0, start), part, message.subarray(end)]);

/** Every file that a tensor anywhere in the model names. */
function collectExternal(model: Uint8Array, found: Set<string>): void {
  const tensor = (message: Uint8Array): void => {
    for (const entry of fieldsNumbered(message, TENSOR.external))
      if (textOf(entry.bytes, 1) === "location") found.add(textOf(entry.bytes, 2));
  };
  const sparse = (message: Uint8Array): void => {
    for (const { number, bytes } of fieldsOf(message)) if (number === 1 || number === 2) tensor(bytes);
  };
  const node = (message: Uint8Array, depth: number): void => {
    for (const attribute of fieldsNumbered(message, NODE.attributes))
      for (const { number, bytes } of fieldsOf(attribute.bytes)) {
        if (number === ATTRIBUTE.tensor || number === ATTRIBUTE.tensors) tensor(bytes);
        else if (number === ATTRIBUTE.sparse || number === ATTRIBUTE.sparses) sparse(bytes);
        else if (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) graph(bytes, depth + 1);
      }
  };
  const graph = (message: Uint8Array, depth: number): void => {
    if (depth > DEEPEST) throw invalid(`The ONNX model nests its graphs deeper than ${DEEPEST}`);
    for (const { number, bytes } of fieldsOf(message)) {
      if (number === GRAPH.nodes) node(bytes, depth);
      else if (number === GRAPH.initializers) tensor(bytes);
      else if (number === GRAPH.sparse) sparse(bytes);
    }
  };
  for (const { number, bytes } of fieldsOf(model)) {
    if (number === MODEL.graph) graph(bytes, 0);
    else if (number === MODEL.training) {
      for (const part of fieldsOf(bytes)) if (part.number === 1 || part.number === 2) graph(part.bytes, 0);
    } else if (number === MODEL.functions) {
      for (const { bytes: body } of fieldsNumbered(bytes, 7)) node(body, 0);
    }
  }
}

/** The graph without the nodes that make maps for its outputs, which become the tensors that those were made of. */
function withoutMaps(graph: Uint8Array): { readonly zipMaps: readonly ZipMap[]; readonly bytes: Uint8Array } {
  const outputs = new Set(fieldsNumbered(graph, GRAPH.outputs).map(({ bytes }) => textOf(bytes, 1)));
  const zipMaps: ZipMap[] = [];
  const parts: Uint8Array[] = [];
  for (const { number, bytes, start, end } of fieldsOf(graph)) {
    const zipMap = number === GRAPH.nodes ? readZipMap(bytes) : undefined;
    if (zipMap !== undefined && outputs.has(zipMap.output)) zipMaps.push(zipMap);
    else parts.push(graph.subarray(start, end));
  }
  if (zipMaps.length === 0) return { zipMaps, bytes: graph };
  const made = new Map(zipMaps.map((zipMap) => [zipMap.output, zipMap.tensor]));
  const bytes = parts.flatMap((part) => {
    const [field] = fieldsOf(part);
    const tensor = field?.number === GRAPH.outputs ? made.get(textOf(field.bytes, 1)) : undefined;
    if (tensor === undefined) return [part];
    return outputs.has(tensor) ? [] : [bytesField(GRAPH.outputs, floatTensor(tensor))];
  });
  return { zipMaps, bytes: Buffer.concat(bytes) };
}

function readZipMap(node: Uint8Array): ZipMap | undefined {
  if (textOf(node, NODE.operator) !== "ZipMap") return undefined;
  const classes = fieldsNumbered(node, NODE.attributes).flatMap(({ bytes }) => {
    const name = textOf(bytes, ATTRIBUTE.name);
    if (name === "classlabels_strings")
      return fieldsNumbered(bytes, ATTRIBUTE.strings).map((label) => Buffer.from(label.bytes).toString("utf8"));
    if (name !== "classlabels_int64s") return [];
    // Newer writers pack the numbers into one field.
    return fieldsNumbered(bytes, ATTRIBUTE.ints).flatMap((field) =>
      field.bytes.length > 0 ? packed(field.bytes) : [String(field.value)],
    );
  });
  return { output: textOf(node, NODE.outputs), tensor: textOf(node, NODE.inputs), classes };
}

/** The whole numbers of a packed list: each is read as the value of a field that is put before it. */
function packed(list: Uint8Array): string[] {
  const values: string[] = [];
  for (let at = 0; at < list.length; ) {
    let end = at;
    while (end < list.length && list[end]! >= 0x80) end++;
    for (const { value } of fieldsOf(Buffer.concat([Uint8Array.of(8), list.subarray(at, end + 1)])))
      values.push(String(value));
    at = end + 1;
  }
  return values;
}

/** ValueInfoProto of a tensor of float32 whose shape the runtime finds out. */
const floatTensor = (name: string): Uint8Array =>
  Buffer.concat([bytesField(1, Buffer.from(name)), bytesField(2, bytesField(1, numberField(1, FLOAT)))]);
