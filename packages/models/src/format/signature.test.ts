import { describe, expect, it } from "vitest";
import { enforceParams } from "./params.ts";
import { columnsOf, parseSignature, signatureTexts } from "./signature.ts";

describe("parseSignature", () => {
  const texts = {
    inputs:
      '[{"type": "double", "name": "a", "required": true}, {"type": "string", "name": "b", "required": false}, {"type": "array", "items": {"type": "long"}, "name": "c", "required": true}]',
    outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]',
    params:
      '[{"name": "temp", "default": 0.5, "shape": null, "type": "double"}, {"name": "n", "default": [1, 2], "shape": [-1], "type": "long"}]',
  };

  it("reads columns, tensors and parameters, and writes the same text", () => {
    const signature = parseSignature(texts);
    expect(signature.inputs).toEqual([
      { kind: "column", name: "a", type: "double", required: true },
      { kind: "column", name: "b", type: "string", required: false },
      { kind: "column", name: "c", type: "array", required: true, nested: { items: { type: "long" } } },
    ]);
    expect(signature.outputs).toEqual([{ kind: "tensor", dtype: "float32", shape: [-1] }]);
    expect(signatureTexts(signature)).toEqual(texts);
  });

  it("keeps what is absent absent", () => {
    expect(parseSignature({ inputs: null })).toEqual({});
    expect(signatureTexts({ inputs: columnsOf(["x"], "long") })).toEqual({
      inputs: '[{"type": "long", "name": "x", "required": true}]',
      outputs: null,
      params: null,
    });
  });

  it.each([
    ["{", "not valid JSON"],
    ["{}", "inputs must be a list"],
    ["[1]", "inputs[0] must be an object"],
    ['[{"type": "decimal"}]', 'inputs[0].type is "decimal"'],
    ['[{"type": "double", "name": "a"}, {"type": "double"}]', "names some of its entries"],
    ['[{"type": "double", "name": "a"}, {"type": "long", "name": "a"}]', "two entries of one name"],
    ['[{"type": "array"}]', "inputs[0].items must be an object with a type"],
    ['[{"type": "array", "items": {"type": "list"}}]', 'inputs[0].items.type is "list"'],
    ['[{"type": "map", "values": {"type": "array"}}]', "inputs[0].values.items must be"],
    ['[{"type": "object", "properties": {"a": {}}}]', "inputs[0].properties.a.type is null"],
    [`[${'{"type": "array", "items": '.repeat(70)}{"type": "long"}${"}".repeat(70)}]`, "nested deeper than 64"],
    ['[{"type": "tensor"}]', "must give dtype and shape"],
    ['[{"type": "tensor", "tensor-spec": {"dtype": "f", "shape": [-2]}}]', "must hold sizes"],
    ['[{"type": "double"}, {"type": "tensor", "tensor-spec": {"dtype": "f", "shape": [1]}}]', "mixes"],
  ])("refuses %s", (inputs, message) => {
    expect(() => parseSignature({ inputs })).toThrow(message);
  });
});

describe("enforceParams", () => {
  const { params } = parseSignature({
    params:
      '[{"name": "temp", "default": 0.5, "shape": null, "type": "double"}, {"name": "n", "default": [1], "shape": [-1], "type": "long"}, {"name": "on", "default": false, "shape": null, "type": "boolean"}]',
  });

  it("fills in defaults, widens whole numbers and leaves out what is unknown", () => {
    expect(enforceParams(undefined, params)).toEqual({ temp: 0.5, n: [1], on: false });
    expect(enforceParams({ temp: 2, n: [3, 4], other: 1 }, params)).toEqual({ temp: 2, n: [3, 4], on: false });
    expect(enforceParams({ temp: null }, params)).toMatchObject({ temp: null });
    expect(enforceParams([1], undefined)).toEqual({});
  });

  it.each([{ temp: "1" }, { temp: true }, { on: 1 }, { n: 1 }, { n: [1.5] }, { temp: [1] }, [1], 3])(
    "refuses %j",
    (given) => {
      expect(() => enforceParams(given, params)).toThrow(/arameters/);
    },
  );
});
