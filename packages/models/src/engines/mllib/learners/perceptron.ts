/** MultilayerPerceptronClassificationModel: layers of sigmoids, a softmax on top. */

import { invalid } from "@esteira/core/errors";
import { asCount, asList, get } from "../fields.ts";
import { createDot, type Dot, readVector } from "../linalg.ts";
import { onlyRow, type SavedStage } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { classification } from "./learner.ts";
import { softmax } from "./softmax.ts";

interface Layer {
  readonly dots: readonly Dot[];
  readonly biases: Float64Array;
}

export async function readPerceptron(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  const weights = readVector(get(row, "weights")).values;
  const given = saved.param("layers");
  const sizes = asList(given.value === undefined ? get(row, "layers") : given).map((size) => asCount(size, 1_000_000));
  const layers: Layer[] = [];
  let at = 0;
  for (let i = 1; i < sizes.length; i++) {
    const [from, to] = [sizes[i - 1]!, sizes[i]!];
    // A matrix by columns, one column an input; then one bias an output.
    const start = at;
    const dots = Array.from({ length: to }, (_, output) =>
      createDot({
        values: Float64Array.from({ length: from }, (_, input) => weights[start + input * to + output] ?? Number.NaN),
        isSparse: false,
      }),
    );
    at += from * to;
    layers.push({ dots, biases: weights.slice(at, at + to) });
    at += to;
  }
  if (layers.length === 0 || at !== weights.length)
    throw invalid(
      `The Spark model is not valid: a perceptron of layers ${sizes.join(", ")} has ${at} weights, not ${weights.length}`,
    );
  const numClasses = sizes.at(-1)!;
  const between = layers.map(({ biases }) => new Float64Array(biases.length));
  return classification(saved, {
    numFeatures: sizes[0]!,
    numClasses,
    raw(numbers, from, to) {
      let source = numbers;
      let place = from;
      layers.forEach(({ dots, biases }, i) => {
        const isLast = i === layers.length - 1;
        const target = isLast ? numbers : between[i]!;
        const start = isLast ? to : 0;
        for (let k = 0; k < dots.length; k++) {
          const sum = dots[k]!(source, place) + biases[k]!;
          target[start + k] = isLast ? sum : 1 / (1 + Math.exp(-sum));
        }
        source = target;
        place = start;
      });
    },
    probability: (numbers, raw, to) => softmax(numbers, raw, to, numClasses),
  });
}
