"""Models that only Python scores, as MLflow saves them. Run as: python sidecar.py FOLDER"""

import os
import subprocess
import sys
import time

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
from sklearn.linear_model import LogisticRegression


class Tricky(mlflow.pyfunc.PythonModel):
    """Does what each row says."""

    def predict(self, context, model_input, params=None):
        return [self.do(what) * int((params or {}).get("factor", 1)) for what in model_input["what"]]

    def do(self, what):
        if what == "print":
            print("noise of the model")
            os.write(1, b"noise beneath it\n")
            return "read %d" % len(sys.stdin.read())
        if what == "die":
            os.kill(os.getpid(), 9)
        if what == "hang":
            time.sleep(3600)
        if what == "raise":
            raise ValueError("what the model says of itself")
        if what == "child":
            return str(subprocess.Popen(["sleep", "3600"]).pid)
        if what == "cwd":
            return os.getcwd()
        if what == "pid":
            return str(os.getpid())
        return what


def main(root):
    rng = np.random.default_rng(3)
    x = pd.DataFrame({"amount": rng.lognormal(3, 1, 200), "hour": rng.integers(0, 24, 200).astype("float64")})
    y = np.where(x.amount > 30, "fraud", "fair")
    forest = LogisticRegression().fit(x, y)
    for name, predict in (("labels", "predict"), ("chances", "predict_proba")):
        mlflow.sklearn.save_model(
            forest,
            os.path.join(root, name),
            signature=infer_signature(x, getattr(forest, predict)(x)),
            input_example=x.head(2),
            pyfunc_predict_fn=predict,
            pip_requirements=["scikit-learn"],
        )
    mlflow.sklearn.save_model(forest, os.path.join(root, "unsigned"), pip_requirements=["scikit-learn"])
    mlflow.pyfunc.save_model(
        os.path.join(root, "tricky"),
        python_model=Tricky(),
        signature=ModelSignature(
            inputs=Schema([ColSpec("string", "what")]),
            outputs=Schema([ColSpec("string")]),
            params=ParamSchema([ParamSpec("factor", "long", 1)]),
        ),
        pip_requirements=["cloudpickle"],
    )


main(sys.argv[1])
