"""Pipelines saved by MLflow, and what MLflow's Python flavor answers for them."""

import json
import os

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression, RandomForestClassifier
from pyspark.ml.feature import SQLTransformer, StringIndexer

import cases
import golden


def pandas_of(rows, columns):
    frame = pd.DataFrame([dict(zip(["id"] + golden.INPUTS, row)) for row in rows])[columns]
    for name in columns:
        if name in ("amount", "age"):
            frame[name] = frame[name].astype("float64")
        elif name in ("hour",):
            frame[name] = frame[name].astype("int32")
        elif name in ("count",):
            frame[name] = frame[name].astype("int64")
        elif name == "night":
            frame[name] = frame[name].astype("bool")
        else:
            frame[name] = frame[name].astype(object)
    return frame


def ask(model, frame):
    try:
        found = model.predict(frame)
    except Exception as error:
        return {"error": str(error).split("\n")[0][:200]}
    return {"answers": [x.tolist() if hasattr(x, "tolist") else list(x) if hasattr(x, "toArray") else x for x in found]}



def make(folder, context, rows):
    os.makedirs(folder)
    # Whole numbers and truth have no missing value in pandas.
    rows = [row for row in rows if None not in (row[3], row[4], row[7]) and abs(row[4]) < 2**53]
    both = ["amount", "age", "hour", "kind", "channel"]
    before, prepared = context.prefix("short", cases.short())
    forest = PipelineModel(stages=list(before.stages) + [RandomForestClassifier(labelCol="binary", numTrees=4, maxDepth=4, seed=2).fit(prepared)])
    vector = PipelineModel(
        stages=list(before.stages)
        + [LogisticRegression(labelCol="binary", regParam=0.1, predictionCol="", probabilityCol="prediction").fit(prepared)]
    )
    made = {
        "forest": (forest, both + ["count"], None),
        "vector": (vector, both + ["count"], "vector"),
        "indexer": (Pipeline(stages=[StringIndexer(inputCol="kind", outputCol="k", handleInvalid="keep")]).fit(context.frame), ["kind"], None),
        "skipping": (Pipeline(stages=[StringIndexer(inputCol="kind", outputCol="k", handleInvalid="skip")]).fit(context.frame), ["kind"], None),
        "refusing": (Pipeline(stages=[StringIndexer(inputCol="kind", outputCol="k", handleInvalid="error")]).fit(context.frame), ["kind"], None),
        "missing": (
            Pipeline(stages=[SQLTransformer(statement="SELECT coalesce(amount, -1) AS prediction FROM __THIS__")]).fit(context.frame),
            ["amount"],
            None,
        ),
    }
    for name, (model, columns, output) in made.items():
        frame = pandas_of(rows, columns)
        path = os.path.join(folder, name)
        sample = pandas_of(golden.ordinary(5, 9), columns)
        if output == "vector":
            transformed = model.transform(context.frame.limit(3)).select("prediction")
            signature = infer_signature(context.frame.select(*columns).limit(3), transformed)
        else:
            signature = infer_signature(sample)
        mlflow.spark.save_model(model, path, signature=signature, pip_requirements=["pyspark", "mlflow"])
        loaded = mlflow.pyfunc.load_model(path)
        tables = {"all": frame, "nothing": frame.iloc[:0]}
        if "kind" in columns:
            tables["null"] = frame.iloc[:3].assign(kind=None)
            tables["known"] = frame.iloc[:5]
        body = {}
        for key, table in tables.items():
            data = [[None if pd.isna(x) else x for x in row] for row in table.values.tolist()]
            body[key] = {"columns": columns, "data": data, **ask(loaded, table)}
        with open(os.path.join(folder, f"{name}.json"), "w") as file:
            json.dump(body, file)
