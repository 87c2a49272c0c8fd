import { describe, expect, it } from "vitest";
import { readOnnx } from "./file.ts";
import { bytesField, fieldsOf, numberField, textOf } from "./protobuf.ts";

const text = (number: number, value: string) => bytesField(number, Buffer.from(value));
const opset = bytesField(8, numberField(2, 17));
const graph = (...parts: Uint8Array[]) => bytesField(7, ...parts);
const model = (...parts: Uint8Array[]) => Buffer.concat([opset, ...parts]);
const external = (location: string) => bytesField(13, text(1, "location"), text(2, location));

describe("an ONNX file", () => {
  it("tells the weights that it names, wherever they are", () => {
    const tensor = (location: string) => [text(8, location), external(location)];
    const nested = bytesField(1, bytesField(5, bytesField(6, bytesField(5, ...tensor("in-a-branch")))));
    const constant = bytesField(1, bytesField(5, bytesField(5, ...tensor("in-a-node"))));
    const sparse = bytesField(15, bytesField(1, ...tensor("in-sparse-values")));
    const inFunction = bytesField(25, bytesField(7, bytesField(5, bytesField(10, ...tensor("in-a-function")))));
    const training = bytesField(20, bytesField(1, bytesField(5, ...tensor("in-training"))));
    const whole = model(graph(bytesField(5, ...tensor("plain")), nested, constant, sparse), inFunction, training);
    expect([...readOnnx(whole).externalFiles].sort()).toEqual([
      "in-a-branch",
      "in-a-function",
      "in-a-node",
      "in-sparse-values",
      "in-training",
      "plain",
    ]);
    expect(readOnnx(whole).bytes).toBe(whole);
  });

  it("answers tensors in place of maps", () => {
    const zipMap = (labels: Uint8Array) =>
      bytesField(
        1,
        text(1, "scores"),
        text(2, "map"),
        text(4, "ZipMap"),
        bytesField(5, text(1, "classlabels_int64s"), labels),
      );
    const output = bytesField(12, text(1, "map"));
    const other = bytesField(1, text(4, "Cast"));
    const plain = [numberField(8, 0), numberField(8, 300)].map((field) => Buffer.from(field));
    for (const labels of [Buffer.concat(plain), bytesField(8, Uint8Array.of(0, 0xac, 2))]) {
      const { zipMaps, bytes } = readOnnx(model(graph(other, zipMap(labels), output)));
      expect(zipMaps).toEqual([{ output: "map", tensor: "scores", classes: ["0", "300"] }]);
      const [written] = Array.from(fieldsOf(bytes)).filter(({ number }) => number === 7);
      const parts = Array.from(fieldsOf(written!.bytes));
      expect(parts.map(({ number }) => number)).toEqual([1, 12]);
      expect(textOf(parts[0]!.bytes, 4)).toBe("Cast");
      expect(textOf(parts[1]!.bytes, 1)).toBe("scores");
    }
    const named = bytesField(5, text(1, "classlabels_strings"), text(9, "fraude"), text(9, "legítima"));
    const words = bytesField(1, text(1, "scores"), text(2, "map"), text(4, "ZipMap"), named);
    expect(readOnnx(model(graph(words, output))).zipMaps[0]?.classes).toEqual(["fraude", "legítima"]);
  });

  it("is refused when it is not whole, or none", () => {
    const whole = model(graph(bytesField(5, text(8, "weights"), bytesField(9, Buffer.alloc(300)))));
    for (let length = 0; length < whole.length; length++)
      expect(() => readOnnx(whole.subarray(0, length)), String(length)).toThrow("ONNX model");
    expect(() => readOnnx(Buffer.from("{}"))).toThrow("no ONNX model");
    expect(() => readOnnx(model(graph(), graph()))).toThrow("one graph");
  });

  it("is refused when its graphs nest without end", () => {
    let inner: Uint8Array = Buffer.alloc(0);
    for (let depth = 0; depth < 2000; depth++) inner = bytesField(1, bytesField(5, bytesField(6, inner)));
    expect(() => readOnnx(model(graph(inner)))).toThrow("deeper than 32");
  });
});
