"""Real MLflow reads what the main job has left: lists its runs, loads its models, and scores rows that the caller gives."""

import json
import logging
import sys
import warnings

import mlflow
import numpy as np
import pandas as pd
import xgboost
from mlflow.tracking import MlflowClient

warnings.simplefilter("ignore")
logging.getLogger("mlflow").setLevel(logging.ERROR)
url, rows_file, names_file, *uris = sys.argv[1:]
mlflow.set_tracking_uri(url)
client = MlflowClient()
names = json.load(open(names_file))
rows = np.fromfile(rows_file, dtype="<f4").reshape(-1, len(names))
# MLflow's signature asks for doubles; these are exactly the model's floats.
frame = pd.DataFrame(rows.astype("float64"), columns=names)

experiment = client.get_experiment_by_name("pix-fraud")
runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
seen = {
    "runs": [
        [run.info.run_name, run.info.status, len(run.data.metrics), len(run.data.params), len(run.inputs.dataset_inputs)]
        for run in runs
    ],
    "champion": client.get_model_version_by_alias("pix-fraud", "champion").version,
    "models": {},
}
for uri in uris:
    plain = mlflow.pyfunc.load_model(uri)
    booster = mlflow.xgboost.load_model(uri)
    folder = mlflow.artifacts.download_artifacts(uri)
    example = plain.metadata.load_input_example(folder)
    matrix = xgboost.DMatrix(rows, feature_names=names)
    seen["models"][uri] = {
        "example_columns": list(example.columns),
        "example": plain.predict(example).astype("float64").tolist(),
        "pyfunc": plain.predict(frame).astype("float64").tolist(),
        "booster": booster.predict(matrix).astype("float64").tolist(),
        "margin": booster.predict(matrix, output_margin=True).astype("float64").tolist(),
        "signature": plain.metadata.signature is not None,
    }
print("OBSERVED " + json.dumps(seen))
