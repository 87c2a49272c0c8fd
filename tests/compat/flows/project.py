"""`mlflow run` of a project on the server: its run is made by the launcher and filled by the entry point."""

import os
import re
import sys

import mlflow
from mlflow.tracking import MlflowClient

import entities
from recorder import record, record_error

# The entry points say `python`: this one.
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
os.makedirs("project", exist_ok=True)
with open("project/MLproject", "w") as out:
    out.write(
        """name: pix
entry_points:
  main:
    parameters:
      depth: {type: float, default: 3}
      name: {type: string, default: "a b; touch owned"}
    command: "python train.py --depth {depth} --name {name}"
  fails:
    command: "python -c 'raise SystemExit(3)'"
"""
    )
with open("project/train.py", "w") as out:
    out.write(
        """import argparse
import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=float)
parser.add_argument("--name")
args = parser.parse_args()
with mlflow.start_run():
    mlflow.log_param("seen", args.name)
    for step in range(3):
        mlflow.log_metric("loss", args.depth / (step + 1), step=step)
"""
    )

client = MlflowClient()
done = mlflow.projects.run("project", env_manager="local", parameters={"depth": 4}, experiment_name="projects")
record("status", done.get_status())
run = entities.run(client.get_run(done.run_id))
record("run", re.sub(r"'[^']*project[^']*'", "<path>", str(run)))
record("owned", os.path.exists("project/owned"))
record("history", [[m.value, m.step] for m in client.get_metric_history(done.run_id, "loss")])

failed = None
try:
    mlflow.projects.run("project", entry_point="fails", env_manager="local", experiment_name="projects")
except mlflow.exceptions.ExecutionException as error:
    failed = re.sub(r"ID '.*?'", "ID <id>", str(error))
record("failed", failed)
found = mlflow.search_runs(experiment_names=["projects"], output_format="list")
record("statuses", sorted(each.info.status for each in found))
record_error(
    "no such entry point",
    lambda: mlflow.projects.run("project", entry_point="nope", env_manager="local", experiment_name="projects"),
)
