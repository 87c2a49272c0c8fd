"""mlflow.models.evaluate of a classifier that was logged before."""

import logging
import warnings

import mlflow
import numpy as np
import pandas as pd
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression

import entities
from recorder import record

warnings.simplefilter("ignore")
logging.getLogger("mlflow").setLevel(logging.ERROR)
client = MlflowClient()
mlflow.set_experiment("evaluate")
rows = pd.DataFrame({"a": np.arange(40, dtype=float), "b": np.tile([0.5, 1.5], 20)})
rows["target"] = ((rows["a"] > 20) ^ (rows["a"] == 5)).astype(int)
features = rows[["a", "b"]]
model = LogisticRegression(max_iter=200).fit(features, rows["target"])
with mlflow.start_run(run_name="train"):
    logged = mlflow.sklearn.log_model(model, name="linear", input_example=features.head(2))
with mlflow.start_run(run_name="evaluate") as active:
    dataset = mlflow.data.from_pandas(rows, name="held-out", targets="target")
    result = mlflow.models.evaluate(logged.model_uri, dataset, model_type="classifier", evaluator_config={"log_explainer": False})
record("metrics", {name: round(float(value), 6) for name, value in result.metrics.items()})
run = entities.run(client.get_run(active.info.run_id))
run["metrics"] = sorted(run["metrics"])
record("run", run)
record("artifacts", sorted(f.path for f in client.list_artifacts(active.info.run_id)))
scored = mlflow.get_logged_model(logged.model_id)
record("model metrics", sorted({metric.key for metric in scored.metrics or []}))
record("dataset of the metrics", sorted({metric.dataset_name for metric in scored.metrics or [] if metric.dataset_name}))
