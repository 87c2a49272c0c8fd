"""What the real client does with artifacts on a server whose artifacts lie in S3; prints one JSON object."""

import hashlib
import json
import os
import sys
import tempfile

import mlflow
from mlflow.tracking import MlflowClient

BYTES = os.urandom(1024) * 12 * 1024
DIGEST = hashlib.sha256(BYTES).hexdigest()


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


client = MlflowClient()
home = tempfile.mkdtemp()
large = os.path.join(home, "large.bin")
with open(large, "wb") as file:
    file.write(BYTES)
os.makedirs(os.path.join(home, "folder", "deep"))
for name in ["folder/a.txt", "folder/deep/b.txt"]:
    with open(os.path.join(home, name), "w") as file:
        file.write(name)

with mlflow.start_run() as run:
    mlflow.log_artifact(large, "big")
    mlflow.log_artifacts(os.path.join(home, "folder"), "folder")
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_dict({"a": 1}, "conf.json")

run_id = run.info.run_id
listed = {f.path: [f.is_dir, f.file_size] for path in ["", "big", "folder", "folder/deep"] for f in client.list_artifacts(run_id, path)}
whole = client.download_artifacts(run_id, "", tempfile.mkdtemp())
again = client.download_artifacts(run_id, "big/large.bin", tempfile.mkdtemp())
print(
    "SEEN "
    + json.dumps(
        {
            "uri": run.info.artifact_uri.replace(run_id, "RUN"),
            "listed": listed,
            "whole": digest(os.path.join(whole, "big", "large.bin")) == DIGEST,
            "again": digest(again) == DIGEST,
            "text": mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/hello.txt"),
            "deep": open(os.path.join(whole, "folder", "deep", "b.txt")).read(),
            "run": run_id,
        }
    )
)
