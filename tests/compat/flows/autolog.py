"""Autologging of scikit-learn (alone and in a grid search) and of XGBoost."""

import logging
import warnings

import mlflow
import numpy as np
import pandas as pd
import xgboost
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from recorder import record

warnings.simplefilter("ignore")
logging.getLogger("mlflow").setLevel(logging.ERROR)
client = MlflowClient()
mlflow.set_experiment("autolog")
mlflow.autolog(log_input_examples=True)
rows = pd.DataFrame({"a": np.arange(60, dtype=float), "b": np.tile([0.5, 1.5, 2.5], 20)})
target = (rows["a"] > 30).astype(int)


def seen(run_id):
    run = client.get_run(run_id)
    return {
        "status": run.info.status,
        "params": run.data.params,
        "metrics": sorted(run.data.metrics),
        "tags": sorted(run.data.tags),
        "datasets": sorted([i.dataset.source_type, [t.value for t in i.tags]] for i in run.inputs.dataset_inputs),
        "artifacts": sorted(f.path for f in client.list_artifacts(run_id)),
        "models": len(run.outputs.model_outputs) if run.outputs else 0,
    }


with mlflow.start_run(run_name="linear") as active:
    LogisticRegression(C=0.5, max_iter=100).fit(rows, target)
record("sklearn", seen(active.info.run_id))

with mlflow.start_run(run_name="grid") as active:
    GridSearchCV(LogisticRegression(max_iter=100), {"C": [0.1, 1.0]}, cv=2).fit(rows, target)
record("grid", seen(active.info.run_id))
children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{active.info.run_id}'", output_format="list")
record("grid children", sorted(child.data.params["C"] for child in children))

with mlflow.start_run(run_name="trees") as active:
    data = xgboost.DMatrix(rows, target)
    xgboost.train({"max_depth": 2, "objective": "binary:logistic", "nthread": 1, "seed": 3}, data, 6, evals=[(data, "train")], verbose_eval=False)
record("xgboost", seen(active.info.run_id))
record("xgboost history", [[m.step, round(m.value, 6)] for m in client.get_metric_history(active.info.run_id, "train-logloss")])

with mlflow.start_run(run_name="wrapper") as active:
    xgboost.XGBClassifier(n_estimators=4, max_depth=2, n_jobs=1).fit(rows, target, eval_set=[(rows, target)], verbose=False)
record("wrapper", seen(active.info.run_id))
models = mlflow.search_logged_models([active.info.experiment_id], output_format="list")
record("models", sorted(str(model.status) for model in models))
loaded = mlflow.pyfunc.load_model(models[0].model_uri)
record("predicts", len(loaded.predict(rows)))
