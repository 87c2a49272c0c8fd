"""Registers a model at a server, with what MLflow itself records of it: run, metrics, dataset, signature."""
import sys

import mlflow
import numpy as np
import pandas as pd
import xgboost

mlflow.set_tracking_uri(sys.argv[1])
rng = np.random.default_rng(7)
rows = pd.DataFrame({"amount": rng.lognormal(5, 1, 400), "hour": rng.integers(0, 24, 400).astype(float)})
fraud = (rng.uniform(size=400) < 0.2).astype(int)
with mlflow.start_run(run_name="train"):
    mlflow.log_input(mlflow.data.from_pandas(rows, name="transfers"), context="training")
    mlflow.log_metric("auc", 0.75)
    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(rows, fraud), 3)
    mlflow.xgboost.log_model(model, name="model", input_example=rows.head(2), registered_model_name="pix")
client = mlflow.MlflowClient()
client.update_registered_model("pix", "Fraud in Pix")
client.set_registered_model_alias("pix", "champion", "1")
