"""Three models of the rows that a Spark pipeline was asked, as MLflow saves them, with what MLflow's pyfunc answers.

Run as: python models.py FOLDER TABLE.json, where the table has `columns` and `data`. Writes FOLDER/NAME and FOLDER/NAME.json, the answers.
"""

import json
import os
import sys

import mlflow
import mlflow.sklearn
import mlflow.xgboost
import numpy as np
import pandas as pd
import xgboost as xgb
from mlflow.models import infer_signature
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

FEATURES = ["amount", "age", "hour", "count"]


def main(root, table):
    with open(table) as file:
        asked = json.load(file)
    rows = pd.DataFrame(asked["data"], columns=asked["columns"])[FEATURES]
    rows = rows.astype({"amount": "float64", "age": "float64", "hour": "int32", "count": "int64"})
    rng = np.random.default_rng(5)
    past = pd.DataFrame(
        {
            "amount": rng.lognormal(4, 2, 600),
            "age": rng.uniform(18, 90, 600),
            "hour": rng.integers(0, 24, 600).astype("int32"),
            "count": rng.integers(0, 9, 600).astype("int64"),
        }
    )
    fraud = ((past.amount > 100) ^ (past.hour < 7)).astype(int)
    matrix = xgb.DMatrix(past, fraud)
    forest = {"num_parallel_tree": 20, "subsample": 0.7, "colsample_bynode": 0.7, "eta": 1, "max_depth": 5, "seed": 1}
    made = {
        "random-forest": (mlflow.xgboost, xgb.train({**forest, "objective": "binary:logistic"}, matrix, 1)),
        "xgboost": (mlflow.xgboost, xgb.train({"objective": "binary:logistic", "max_depth": 4, "seed": 1}, matrix, 30)),
        "sklearn": (mlflow.sklearn, make_pipeline(SimpleImputer(), LogisticRegression(max_iter=1000)).fit(past, fraud)),
    }
    for name, (flavor, model) in made.items():
        folder = os.path.join(root, name)
        more = {"pyfunc_predict_fn": "predict_proba", "skops_trusted_types": ["numpy.dtype"]} if flavor is mlflow.sklearn else {}
        flavor.save_model(model, folder, signature=infer_signature(past), pip_requirements=["mlflow"], **more)
        answers = mlflow.pyfunc.load_model(folder).predict(rows)
        with open(f"{folder}.json", "w") as file:
            json.dump(np.asarray(answers).tolist(), file)


main(*sys.argv[1:3])
