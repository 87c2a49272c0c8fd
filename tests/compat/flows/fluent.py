"""Runs as most people write them: the fluent API, with every kind of thing that a run can hold."""

import os

import mlflow
import numpy as np
import pandas as pd
from mlflow.tracking import MlflowClient

import entities
from recorder import record, record_error

client = MlflowClient()
mlflow.set_experiment("fluent")
record("experiment", entities.experiment(client.get_experiment_by_name("fluent")))

with mlflow.start_run(run_name="whole") as active:
    run_id = active.info.run_id
    mlflow.log_param("depth", 3)
    mlflow.log_params({"lr": 0.1, "name": "ção", "long": "x" * 7000})
    mlflow.log_metric("loss", 0.5, step=0)
    for step in range(1, 5):
        mlflow.log_metric("loss", 0.5 / step, step=step)
    mlflow.log_metrics({"auc": 0.75, "recall": 1.0}, step=2)
    mlflow.log_metric("nan", float("nan"))
    mlflow.log_metric("up", float("inf"))
    mlflow.log_metric("down", float("-inf"))
    mlflow.set_tag("stage", "dev")
    mlflow.set_tags({"a": "1", "b": "2", "long": "y" * 9000})
    mlflow.delete_tag("b")
    record_error("param changed", lambda: mlflow.log_param("depth", 4))
    record_error("params changed", lambda: mlflow.log_params({"depth": 5, "fresh": 1}))
    record_error("bad key", lambda: mlflow.log_param("a$b", 4))
    record_error("bad metric key", lambda: mlflow.log_metric("a/../b", 4))
    record_error("no such tag", lambda: mlflow.delete_tag("zzz"))
    mlflow.log_text("olá\n", "notes/hello.txt")
    mlflow.log_dict({"a": [1, 2]}, "conf/d.json")
    with open("plain.bin", "wb") as out:
        out.write(bytes(range(256)) * 4096)
    mlflow.log_artifact("plain.bin", "bin")
    os.makedirs("tree/inner", exist_ok=True)
    for name in ("tree/a.txt", "tree/inner/b.txt", "tree/inner/café com açúcar.txt"):
        with open(name, "w") as out:
            out.write(name)
    mlflow.log_artifacts("tree", "tree")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    mlflow.log_figure(figure, "plots/line.png")
    mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "black.png")
    mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), key="steps", step=1)
    mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "table.json")
    mlflow.log_table({"q": ["c"], "n": [3]}, "table.json")
    frame = pd.DataFrame({"x": [1, 2, 3], "y": [0.1, 0.2, 0.3]})
    dataset = mlflow.data.from_pandas(frame, source="https://example.org/data.csv", name="little")
    mlflow.log_input(dataset, context="training")
    mlflow.log_input(dataset, context="training")
    mlflow.log_metric("on_data", 0.5, dataset=dataset)
    for name in ("one", "two"):
        with mlflow.start_run(run_name=name, nested=True):
            mlflow.log_metric("m", len(name))

record("run", entities.run(client.get_run(run_id)))
record("history", [[m.value, m.step] for m in client.get_metric_history(run_id, "loss")])
record("nan history", [[m.value, m.step] for m in client.get_metric_history(run_id, "nan")])
record("up history", [[m.value, m.step] for m in client.get_metric_history(run_id, "up")])
record("no history", [[m.value, m.step] for m in client.get_metric_history(run_id, "zzz")])
for folder in (None, "tree", "tree/inner", "bin", "no/such"):
    record(f"list {folder}", sorted([f.path, f.is_dir, f.file_size] for f in client.list_artifacts(run_id, folder)
                                    if not f.path.endswith(".png")))
record("images", len(client.list_artifacts(run_id, "images")))
for path in ("notes/hello.txt", "tree/inner/café com açúcar.txt"):
    with open(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=path)) as out:
        record(path, out.read())
folder = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="tree")
record("tree", sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names))
with open(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="bin/plain.bin"), "rb") as out:
    record("bytes", out.read() == bytes(range(256)) * 4096)
record("load_text", mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt"))
record("load_dict", mlflow.artifacts.load_dict(f"runs:/{run_id}/conf/d.json"))
record("table", mlflow.load_table("table.json", run_ids=[run_id]).to_dict("list"))
record_error("missing artifact", lambda: mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="zzz.txt"))
children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{run_id}'", output_format="list")
record("children", sorted(child.info.run_name for child in children))

mlflow.config.enable_async_logging()
with mlflow.start_run(run_name="async") as active:
    for step in range(50):
        mlflow.log_metric("m", step, step=step)
    mlflow.log_params({f"p{index}": index for index in range(20)})
    mlflow.set_tag("t", "v")
mlflow.flush_async_logging()
mlflow.config.enable_async_logging(False)
record("async", entities.run(client.get_run(active.info.run_id)))
record("async history", len(client.get_metric_history(active.info.run_id, "m")))

try:
    with mlflow.start_run(run_name="fails") as failing:
        raise ValueError("on purpose")
except ValueError:
    record("failed", entities.run(client.get_run(failing.info.run_id)))

late = client.create_run(client.get_experiment_by_name("fluent").experiment_id, start_time=123, tags={"k": "v"})
client.update_run(late.info.run_id, status="KILLED", name="renamed")
record("killed", entities.run(client.get_run(late.info.run_id)))
client.delete_run(late.info.run_id)
record("deleted", entities.run(client.get_run(late.info.run_id)))
record_error("log to deleted", lambda: client.log_metric(late.info.run_id, "m", 1.0))
client.restore_run(late.info.run_id)
client.log_metric(late.info.run_id, "m", 1.0, timestamp=5, step=-3)
client.set_terminated(late.info.run_id)
record("restored", entities.run(client.get_run(late.info.run_id)))
record_error("no such run", lambda: client.get_run("0" * 32))
record_error("too many params", lambda: client.log_batch(run_id, params=[mlflow.entities.Param(f"q{i}", "v") for i in range(101)]))
with mlflow.start_run(run_id=run_id):
    mlflow.log_metric("resumed", 1)
record("resumed", client.get_run(run_id).data.metrics["resumed"])
