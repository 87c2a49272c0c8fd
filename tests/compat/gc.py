"""Fills a database with things to collect, by real MLflow, or shows what is left. Arguments: fill URI ROOT | rows URI."""

import json
import os
import shutil
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param


def fill(uri, root):
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri, uri)

    def run(experiment, name, files=True):
        one = client.create_run(experiment, run_name=name)
        client.log_batch(
            one.info.run_id, [Metric("loss", 1 / (s + 1), 1, s) for s in range(30)], [Param("p", name)], []
        )
        dataset = Dataset("ledger", name[:30], "local", "{}")
        client.log_inputs(one.info.run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        if files:
            client.log_text(one.info.run_id, name * 100, "a/b/note.txt")
            client.log_text(one.info.run_id, name, "ação.txt")
        return one.info.run_id

    def model(experiment, name, source):
        one = client.create_logged_model(experiment, name, source_run_id=source, params={"d": "1"}, tags={"t": "x"})
        client.log_outputs(source, [LoggedModelOutput(one.model_id, step=1)])
        client.log_metric(source, "auc", 0.9, timestamp=1, step=0, model_id=one.model_id)
        folder = one.artifact_location.removeprefix("file://")
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/MLmodel", "w") as file:
            file.write(name)
        return client.finalize_logged_model(one.model_id, "READY").model_id

    ids = {}
    keep = client.create_experiment("keep", artifact_location=f"file://{root}/keep")
    ids["kept"] = run(keep, "kept")
    ids["deleted"] = run(keep, "deleted")
    ids["second"] = run(keep, "second")
    ids["fileless"] = run(keep, "fileless")
    ids["registered"] = run(keep, "registered")
    ids["model"] = model(keep, "stays", ids["deleted"])
    ids["deletedModel"] = model(keep, "goes", ids["kept"])
    client.delete_logged_model(ids["deletedModel"])
    for name in ("deleted", "second", "fileless", "registered"):
        client.delete_run(ids[name])
    shutil.rmtree(f"{root}/keep/{ids['fileless']}")
    client.create_registered_model("pix")
    client.create_model_version("pix", f"file://{root}/keep/{ids['registered']}/artifacts/a", ids["registered"])

    gone = client.create_experiment("gone", artifact_location=f"file://{root}/gone", tags={"team": "fraud"})
    run(gone, "in gone")
    ids["restored"] = run(gone, "restored")
    ids["modelInGone"] = model(gone, "in gone", ids["restored"])
    client.delete_experiment(gone)
    client.restore_run(ids["restored"])
    other = client.create_experiment("other", artifact_location=f"file://{root}/other")
    run(other, "in other")
    client.delete_experiment(other)
    print(json.dumps({**ids, "gone": gone, "other": other, "keep": keep}))


def rows(uri):
    from sqlalchemy import MetaData, create_engine, select

    engine = create_engine(uri)
    schema = MetaData()
    schema.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: sorted(json.dumps(list(row), default=str) for row in connection.execute(select(table)))
            for name, table in schema.tables.items()
            if not name.startswith("esteira_")
        }
    print(json.dumps(found))


{"fill": fill, "rows": rows}[sys.argv[1]](*sys.argv[2:])
