"""Models as files: logged, registered, found again and scored, by scikit-learn and XGBoost."""

import logging
import warnings

import mlflow
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression

import entities
from recorder import record, record_code, record_error

warnings.simplefilter("ignore")
logging.getLogger("mlflow").setLevel(logging.ERROR)
client = MlflowClient()
mlflow.set_experiment("models")
rows = pd.DataFrame({"a": np.arange(40, dtype=float), "b": np.tile([0.5, 1.5, 2.5, 3.5], 10)})
target = (rows["a"] > 20).astype(int)
linear = LogisticRegression(max_iter=200).fit(rows, target)
trees = xgboost.train({"max_depth": 2, "objective": "binary:logistic", "seed": 1, "nthread": 1}, xgboost.DMatrix(rows, target), 5)

with mlflow.start_run(run_name="train") as active:
    mlflow.log_params({"C": 1.0})
    mlflow.log_metric("auc", 0.9)
    logged = mlflow.sklearn.log_model(
        linear, name="linear", signature=infer_signature(rows, linear.predict(rows)), input_example=rows.head(2),
        registered_model_name="scores", skops_trusted_types=None,
    )
    boosted = mlflow.xgboost.log_model(trees, name="trees", input_example=rows.head(2))
    mlflow.log_metric("val", 0.8, model_id=logged.model_id)
    artifact_style = mlflow.sklearn.log_model(linear, artifact_path="old-style")

for info in (logged, boosted):
    record(f"info {info.name}", [info.model_uri, sorted(info.flavors), str(info.signature)])
    record(f"logged {info.name}", entities.logged_model(mlflow.get_logged_model(info.model_id)))
record("run", entities.run(client.get_run(active.info.run_id)))
registered = mlflow.register_model(boosted.model_uri, "scores", tags={"kind": "trees"})
record("registered", entities.version(registered))
record("from run", entities.version(mlflow.register_model(f"runs:/{active.info.run_id}/linear", "scores")))
client.set_registered_model_alias("scores", "champion", registered.version)
client.transition_model_version_stage("scores", "1", "Production")
for uri in (logged.model_uri, "models:/scores@champion", "models:/scores/1", "models:/scores/Production", "models:/scores/latest",
            f"runs:/{active.info.run_id}/linear", f"runs:/{active.info.run_id}/old-style"):
    record(f"predict {uri}", [round(float(x), 6) for x in np.ravel(mlflow.pyfunc.load_model(uri).predict(rows.head(3)))])
record("native sklearn", [int(x) for x in mlflow.sklearn.load_model("models:/scores/1").predict(rows.tail(3))])
record("native xgboost", [round(float(x), 6) for x in mlflow.xgboost.load_model("models:/scores@champion").predict(xgboost.DMatrix(rows.tail(3)))])
record("model info", sorted(mlflow.models.get_model_info("models:/scores/1").flavors))
record("artifacts", sorted(f.path for f in mlflow.artifacts.list_artifacts(logged.model_uri)))
record_error("no model", lambda: mlflow.pyfunc.load_model("models:/zzz/1"))
record_error("no alias", lambda: mlflow.pyfunc.load_model("models:/scores@zzz"))
record_error("no version", lambda: mlflow.pyfunc.load_model("models:/scores/99"))

here = active.info.experiment_id
for text in (None, "name = 'linear'", "name LIKE 'l%'", "params.C = '1.0'", "metrics.val > 0.5", "tags.zzz = 'a'",
             "model_type = ''", f"source_run_id = '{active.info.run_id}'", "attributes.name != 'linear'", "creation_timestamp > 0"):
    record(f"search {text}", sorted(m.name for m in mlflow.search_logged_models([here], filter_string=text, output_format="list")))
for text in ("tag.a = 'b'", "zzz.a = 'b'", "name > 'a'", "name = a"):
    record_error(f"search bad {text}", lambda: mlflow.search_logged_models([here], filter_string=text))
for text in ("metrics.m LIKE 'a'", "name = 'a' 'b'"):
    record_code(f"search bad {text}", lambda: mlflow.search_logged_models([here], filter_string=text))
ordered = mlflow.search_logged_models([here], order_by=[{"field_name": "name", "ascending": True}], output_format="list")
record("ordered", [m.name for m in ordered])
record("by metric", [m.name for m in mlflow.search_logged_models(
    [here], order_by=[{"field_name": "metrics.val", "ascending": False}], output_format="list")][:1])
record_error("bad order", lambda: mlflow.search_logged_models([here], order_by=[{"field_name": "zzz"}]))
mlflow.set_logged_model_tags(logged.model_id, {"k": "v", "k2": "w"})
mlflow.delete_logged_model_tag(logged.model_id, "k2")
record("tags", {k: v for k, v in mlflow.get_logged_model(logged.model_id).tags.items() if k.startswith("k")})
external = mlflow.create_external_model(name="elsewhere", params={"p": "q"}, tags={"t": "v"}, model_type="agent")
record("external", entities.logged_model(external))
client.log_model_params(external.model_id, {"more": "1"})
record("its params", mlflow.get_logged_model(external.model_id).params)
client.delete_logged_model(external.model_id)
record_error("deleted", lambda: mlflow.get_logged_model(external.model_id))
record_error("unknown", lambda: mlflow.get_logged_model("m-" + "0" * 32))
record_error("bad name", lambda: mlflow.initialize_logged_model(name="a/b"))
