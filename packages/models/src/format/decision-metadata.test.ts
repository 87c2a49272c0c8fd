import { describe, expect, it } from "vitest";
import { decisionMetadata, THRESHOLD_PATH } from "./decision-metadata.ts";
import { parseMlmodel } from "./mlmodel.ts";
import { editYaml } from "./yaml.ts";

const withThreshold = (text: string, threshold: number) => editYaml(text, "MLmodel", [[THRESHOLD_PATH, threshold]]);

describe("what a model says of its decisions", () => {
  it("is changed in its threshold alone, to the letter", () => {
    const before = [
      "flavors:\n  xgboost:\n    data: model.ubj\nmetadata:\n  team: fraud\n  esteira:\n    weight_factor: 3.0\n    threshold: 0.5",
      "    id: 12345678901234567890\n    tags:\n    - a\n  when: 2026-01-01\nutc_time_created: '2026-01-01 10:00:00.5'\n",
    ].join("\n");
    const after = withThreshold(before, 0.625);
    expect(decisionMetadata(parseMlmodel(after))).toEqual({ threshold: 0.625, weightFactor: 3 });
    expect(after).toBe(before.replace("threshold: 0.5", "threshold: 0.625"));
    expect(withThreshold(after, 0.5)).toBe(before);
  });

  it("is nothing where others made it, and may be said then", () => {
    for (const text of ["flavors: {}\n", "flavors: {}\nmetadata: null\n", "flavors: {}\nmetadata: {esteira: [1]}\n"]) {
      expect(decisionMetadata(parseMlmodel(text))).toEqual({ threshold: undefined, weightFactor: 1 });
      expect(decisionMetadata(parseMlmodel(withThreshold(text, 0.25))).threshold).toBe(0.25);
    }
  });
});
