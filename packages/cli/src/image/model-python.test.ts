import { expect, test } from "vitest";
import { servingRequirements } from "./model-python.ts";

test("what a training wrote down becomes what scores: MLflow without its server, and the two that it asks for by itself", () => {
  const text = "# made by mlflow\nmlflow==3.17.2\nscikit-learn==1.9.1\nPandas[excel]==3.1.1\n\n";
  expect(servingRequirements(text)).toEqual([
    "mlflow-skinny==3.17.2",
    "scikit-learn==1.9.1",
    "Pandas[excel]==3.1.1",
    "numpy<3",
  ]);
  expect(servingRequirements("mlflow\nmlflow-skinny==3\nnumpy==2.4.6\nmlflow_plugin==1")).toEqual([
    "mlflow-skinny",
    "mlflow-skinny==3",
    "numpy==2.4.6",
    "mlflow_plugin==1",
    "pandas<3",
  ]);
});
