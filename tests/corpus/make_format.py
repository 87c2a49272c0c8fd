"""Model folders as MLflow writes them, for reading and writing MLmodel again. Run as: python make_format.py FOLDER"""

import pathlib
import sys

import mlflow
import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property

NEW = int(mlflow.__version__.split(".")[0]) >= 3


class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


def save(root, name, **options):
    folder = pathlib.Path(root, name)
    folder.mkdir(parents=True)
    mlflow.pyfunc.save_model(str(folder / "model"), python_model=Model(), pip_requirements=["mlflow"], **options)


def main(root):
    nested = Schema(
        [
            ColSpec(Array("long"), "ids"),
            ColSpec(Array(Array("string")), "words", required=False),
            ColSpec(Map("double"), "weights"),
            ColSpec(AnyType(), "anything"),
            ColSpec(
                Object([Property("role", "string"), Property("parts", Array(Object([Property("n", "long", False)])))]),
                "message",
            ),
        ]
    )
    types = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
    params = [
        ParamSpec("a", "double", 1.0),
        ParamSpec("b", "long", 2**60 + 1),
        ParamSpec("c", "string", "ação"),
        ParamSpec("d", "boolean", True),
        ParamSpec("e", "double", [1.0, 2.5], (-1,)),
        ParamSpec("f", "datetime", np.datetime64("2026-11-23T10:00:00")),
        ParamSpec("g", "float", np.float32(0.1)),
        ParamSpec("h", Object([Property("x", "double")]), {"x": 1.0}),
    ]
    save(root, "plain")
    save(root, "columns", signature=ModelSignature(inputs=Schema([ColSpec(t, t, required=t != "long") for t in types])))
    save(root, "unnamed", signature=ModelSignature(inputs=Schema([ColSpec("double"), ColSpec("long")])))
    save(root, "nested", signature=ModelSignature(inputs=nested, outputs=Schema([ColSpec(AnyType())])))
    tensors = Schema([TensorSpec(np.dtype("float32"), (-1, 28, 28), "image"), TensorSpec(np.dtype("int64"), (-1,), "n")])
    save(root, "tensors", signature=ModelSignature(inputs=tensors))
    save(root, "tensor", signature=ModelSignature(inputs=Schema([TensorSpec(np.dtype("str"), (-1, 2))])))
    save(root, "params", signature=ModelSignature(params=ParamSchema(params), inputs=Schema([ColSpec("long", "a")])))
    frame = pd.DataFrame({"a": [1.5, None], "b": ["x", "y"], "c": [1, 2], "d": [["p"], ["q", "r"]]})
    save(root, "frame-example", input_example=frame, signature=infer_signature(frame))
    save(root, "list-example", input_example=[{"a": 1, "b": {"c": [1.0]}}])
    save(root, "params-example", input_example=(frame, {"a": 1.0, "b": [1, 2]}))
    save(root, "array-example", input_example=np.array([[1.0, 2.0], [3.0, np.nan]]))
    metadata = {"one": 1, "float": 1.0, "tiny": 1e-300, "big": 2**70, "text": "2026-11-23", "list": [1, 2.0, None, "não"]}
    save(root, "metadata", metadata={**metadata, "nested": {"yes": "no", "1": [{}]}})
    code = pathlib.Path(root, "code-here")
    code.mkdir()
    (code / "helper.py").write_text("VALUE = 1\n")
    save(root, "code", code_paths=[str(code / "helper.py")])
    (code / "helper.py").unlink()
    code.rmdir()
    save(root, "config", model_config={"temperature": 1.0, "top": 3})
    from mlflow.models.resources import DatabricksServingEndpoint, DatabricksSQLWarehouse

    save(root, "resources", resources=[DatabricksServingEndpoint("e"), DatabricksSQLWarehouse("w")])


if __name__ == "__main__":
    main(sys.argv[1])
