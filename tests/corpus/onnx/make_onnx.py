"""Models that MLflow saves as ONNX, and what MLflow's scoring server answers. Run as: python make_onnx.py FOLDER

Each case is a folder with an MLflow model `model/` beside golden.json: request bodies with MLflow's status and answer and, where MLflow
cannot answer, what scikit-learn says of the same rows.
"""

import copy
import json
import pathlib
import sys

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import onnx
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature, infer_signature
from mlflow.pyfunc import scoring_server
from mlflow.types import Schema, TensorSpec
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

RNG = np.random.default_rng(3)
ROWS = 300
NUMBERS = pd.DataFrame(
    {"amount": RNG.lognormal(4, 1, ROWS), "hour": RNG.integers(0, 24, ROWS).astype(float), "age": RNG.uniform(18, 90, ROWS)}
)
FRAUD = ((NUMBERS.amount > 60) ^ (NUMBERS.hour < 7)).astype(int)
MIXED = NUMBERS.assign(kind=RNG.choice(["pix", "ted", "ação"], ROWS).astype(object), count=RNG.integers(0, 9, ROWS))
ASKED = 20
PIP = [f"mlflow=={mlflow.__version__}"]


def split(frame, rows=ASKED):
    return {"dataframe_split": {"columns": list(frame.columns), "data": frame.head(rows).to_numpy().tolist()}}


def save(root, name, model, signature, bodies, original=None):
    folder = pathlib.Path(root, name)
    # Saving moves the weights out of the model that it is given.
    mlflow.onnx.save_model(copy.deepcopy(model), str(folder / "model"), signature=signature, pip_requirements=PIP)
    served = mlflow.pyfunc.load_model(str(folder / "model"))
    asked = []
    for body in bodies:
        schema = served.metadata.get_input_schema()
        try:
            answer = scoring_server.invocations(json.dumps(body), "application/json", served, schema)
            asked.append({"body": body, "status": answer.status, "answer": json.loads(answer.response)})
        except MlflowException as error:
            asked.append({"body": body, "status": error.get_http_status_code()})
    (folder / "golden.json").write_text(json.dumps({"asked": asked, "original": original}))


def matrix(model, columns=NUMBERS, **options):
    return to_onnx(model, initial_types=[("X", FloatTensorType([None, columns.shape[1]]))], options=options or None)


def sklearn_models(root):
    columns = infer_signature(NUMBERS)
    array = infer_signature(NUMBERS.to_numpy().astype("float32"))
    frame = split(NUMBERS)
    records = {"dataframe_records": NUMBERS.head(ASKED).to_dict("records")}
    inputs = {"inputs": NUMBERS.head(ASKED).to_numpy().tolist()}
    by_name = {"inputs": {name: NUMBERS[name].head(ASKED).tolist() for name in NUMBERS}}

    forest = RandomForestClassifier(20, max_depth=5, random_state=1).fit(NUMBERS.to_numpy(), FRAUD)
    probabilities = forest.predict_proba(NUMBERS.head(ASKED).to_numpy().astype("float32")).tolist()
    labels = [int(p[1] > p[0]) for p in probabilities]
    save(root, "classifier-maps", matrix(forest), columns, [frame, records, by_name])
    save(root, "classifier-maps-array", matrix(forest), array, [frame, inputs])
    original = [{"label": label, "probabilities": p} for label, p in zip(labels, probabilities)]
    save(root, "classifier", matrix(forest, zipmap=False), columns, [frame, records], original)
    save(root, "classifier-array", matrix(forest, zipmap=False), array, [frame, inputs])
    names = np.where(FRAUD == 1, "fraude", "legítima")
    named = LogisticRegression(max_iter=2000).fit(NUMBERS.to_numpy(), names)
    save(root, "classifier-names", matrix(named), columns, [frame])

    value = NUMBERS.amount * 0.3 + NUMBERS.hour
    regressor = GradientBoostingRegressor(random_state=1).fit(NUMBERS.to_numpy(), value)
    save(root, "regressor", matrix(regressor), columns, [frame, records, by_name])
    save(root, "regressor-unsigned", matrix(regressor), None, [frame, inputs, {"inputs": {"X": inputs["inputs"]}}])
    save(root, "regressor-array", matrix(regressor), array, [inputs, {"instances": inputs["inputs"]}])
    three = LinearRegression().fit(NUMBERS.to_numpy(), np.c_[value, -value, FRAUD])
    save(root, "three-targets", matrix(three), columns, [frame])

    pipeline = make_pipeline(
        make_column_transformer((StandardScaler(), ["amount", "hour", "age"]), (OneHotEncoder(handle_unknown="ignore"), ["kind"])),
        LogisticRegression(max_iter=1000),
    ).fit(MIXED, FRAUD)
    types = [(name, FloatTensorType([None, 1])) for name in NUMBERS]
    types += [("kind", StringTensorType([None, 1])), ("count", Int64TensorType([None, 1]))]
    converted = to_onnx(pipeline, initial_types=types, options={"zipmap": False})
    asked = MIXED.head(ASKED)
    p = pipeline.predict_proba(asked).tolist()
    original = [{"label": int(one[1] > one[0]), "probabilities": one} for one in p]
    save(root, "pipeline", converted, infer_signature(MIXED), [split(MIXED)], original)


def tensor_models(root):
    """A product of three dimensions whose weights lie in a file of their own, and a sum of two whole numbers."""
    weights = RNG.normal(size=(64, 5)).astype("float32")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node("Greater", ["y", "zero"], ["above"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4, 64])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4, 5]),
            helper.make_tensor_value_info("above", TensorProto.BOOL, ["n", 4, 5]),
        ],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.float32(0), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    x = RNG.normal(size=(2, 4, 64)).round(3)
    signature = ModelSignature(Schema([TensorSpec(np.dtype("float32"), (-1, 4, 64))]))
    wrong = {"inputs": x[:, :3].tolist()}
    save(root, "tensor", model, signature, [{"inputs": x.tolist()}, {"instances": x.tolist()}, wrong])
    named = ModelSignature(Schema([TensorSpec(np.dtype("float32"), (-1, 4, 64), "x")]))
    save(root, "tensor-named", model, named, [{"inputs": {"x": x.tolist()}}, {"instances": [{"x": one.tolist()} for one in x]}])

    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["sum"])],
        "sum",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["n"]) for name in ("a", "b")],
        [helper.make_tensor_value_info("sum", TensorProto.INT64, ["n"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    counts = pd.DataFrame({"b": [3, -4], "a": [1, 2]})
    save(root, "whole-numbers", model, infer_signature(counts), [split(counts), {"inputs": {"a": [5], "b": [6]}}])


def bad_models(root):
    """The tensor model again, made wrong: weights elsewhere, operators of tomorrow."""
    good = pathlib.Path(root, "tensor", "model")
    text = (good / "MLmodel").read_text()
    for name, place in (("outside", "../../secret"), ("absolute", "/etc/hostname"), ("missing", "gone.bin")):
        model = onnx.load(str(good / "model.onnx"), load_external_data=False)
        for entry in model.graph.initializer[0].external_data:
            if entry.key == "location":
                entry.value = place
        write(root, f"bad-{name}", model, text)
    model = onnx.load(str(good / "model.onnx"))
    model.opset_import[0].version = 999
    write(root, "bad-opset", model, text)
    pathlib.Path(root, "secret").write_bytes(bytes(64 * 5 * 4))


def write(root, name, model, text):
    folder = pathlib.Path(root, name, "model")
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text(text)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


sklearn_models(sys.argv[1])
tensor_models(sys.argv[1])
bad_models(sys.argv[1])
