import { describe, expect, it } from "vitest";
import { describeInputs, parseInfer, toTensor } from "./inference-v2.ts";

const signature = {
  inputs: [
    { kind: "column", name: "amount", type: "double", required: true },
    { kind: "column", name: "channel", type: "string", required: true },
  ],
} as const;
const read = (body: unknown) => parseInfer(JSON.stringify(body), signature);
const amount = { name: "amount", shape: [2], datatype: "FP64", data: [1.5, null] };

describe("an answer", () => {
  it("is a tensor of numbers, text or truth, when it is of one shape and type", () => {
    expect(
      toTensor([
        [0.5, 1],
        [2, 3],
      ]),
    ).toEqual({ name: "predictions", datatype: "FP64", shape: [2, 2], data: [0.5, 1, 2, 3] });
    expect(toTensor(["fair", "fraud"])).toMatchObject({ datatype: "BYTES", shape: [2], data: ["fair", "fraud"] });
    expect(toTensor([true, false])).toMatchObject({ datatype: "BOOL", shape: [2] });
    for (const mixed of [[1, "fair"], [[1], [1, 2]], [{ label: 1 }]])
      expect(() => toTensor(mixed)).toThrow("one shape and type");
  });
});

describe("an inference request", () => {
  it("may give one tensor a column", () => {
    const channel = { name: "channel", shape: [2, 1], datatype: "BYTES", data: [["app"], ["web"]] };
    expect(read({ id: "7", inputs: [channel, amount], parameters: { depth: 3 } })).toEqual({
      id: "7",
      frame: {
        source: "array",
        names: ["channel", "amount"],
        columns: [
          ["app", "web"],
          [1.5, null],
        ],
        rowCount: 2,
      },
      params: { depth: 3 },
    });
  });

  it("may give one tensor of all columns, nested or flat", () => {
    const matrix = {
      name: "input",
      shape: [2, 2],
      datatype: "FP32",
      data: [
        [0.1, 2],
        [3, 4],
      ],
    };
    const wanted = {
      names: ["amount", "channel"],
      columns: [
        [Math.fround(0.1), 3],
        [2, 4],
      ],
      rowCount: 2,
    };
    expect(read({ inputs: [matrix] }).frame).toMatchObject(wanted);
    expect(read({ inputs: [{ ...matrix, data: [0.1, 2, 3, 4] }] }).frame).toMatchObject(wanted);
  });

  it.each([
    [{ inputs: [] }, "inputs must be a list of one tensor or more"],
    [{ inputs: [{ ...amount, datatype: "FLOAT" }] }, "inputs[0].datatype must be one of BOOL,"],
    [{ inputs: [{ ...amount, shape: [3] }] }, "inputs[0] has 2 elements, and its shape [3] has 3"],
    [
      { inputs: [{ ...amount, datatype: "INT8", data: [1, 128] }] },
      "inputs[0].data: element 1 is 128, which is no INT8",
    ],
    [{ inputs: [{ ...amount, datatype: "UINT64", data: [1, -1] }] }, "element 1 is -1, which is no UINT64"],
    [{ inputs: [amount, { ...amount, name: "b", shape: [1], data: [1] }] }, "The tensor 'b' has the shape [1]"],
    [
      { inputs: [{ name: "x", shape: [1, 3], datatype: "FP64", data: [1, 2, 3] }] },
      "The tensor 'x' has 3 columns, and the model takes 2: amount, channel",
    ],
    [{ inputs: [amount], outputs: [{ name: "other" }] }, "outputs may ask for 'predictions' only"],
    [{ inputs: [{ ...amount, shape: [-2] }] }, "inputs[0].shape must be a list of sizes"],
  ])("is refused in one sentence: %j", (body, words) => {
    expect(() => read(body)).toThrow(words);
  });
});

describe("an inference answer", () => {
  it("is a tensor of the answers' shape", () => {
    expect(toTensor([0.1, 0.2])).toEqual({ name: "predictions", datatype: "FP64", shape: [2], data: [0.1, 0.2] });
    expect(
      toTensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toMatchObject({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
    expect(() => toTensor([[1], [2, 3]])).toThrow("not of one shape");
  });
});

it("a model's inputs are told by the signature", () => {
  expect(describeInputs(signature)).toEqual([
    { name: "amount", datatype: "FP64", shape: [-1] },
    { name: "channel", datatype: "BYTES", shape: [-1] },
  ]);
  expect(describeInputs({ inputs: [{ kind: "tensor", dtype: "uint8", shape: [-1, 4] }] })).toEqual([
    { name: "input-0", datatype: "UINT8", shape: [-1, 4] },
  ]);
});
