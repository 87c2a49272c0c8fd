"""Answers questions about a SQLite database by real MLflow: one JSON request a line in, one JSON answer a line out."""

import json
import sys

from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

VIEWS = {"ACTIVE_ONLY": ViewType.ACTIVE_ONLY, "DELETED_ONLY": ViewType.DELETED_ONLY, "ALL": ViewType.ALL}


def page(items, name, token):
    # The SQL store gives its tokens as bytes.
    return {"items": [name(item) for item in items], "token": token.decode() if isinstance(token, bytes) else token}


def answer(client, request):
    kind = request["kind"]
    view = VIEWS[request.get("view", "ACTIVE_ONLY")]
    query = {
        "filter_string": request.get("filter") or "",
        "order_by": request.get("order_by") or [],
        "max_results": request.get("max_results", 1000),
        "page_token": request.get("page_token"),
    }
    if kind == "runs":
        found = client.search_runs(request["experiment_ids"], run_view_type=view, **query)
        return page(found, lambda run: run.info.run_id, found.token)
    if kind == "experiments":
        found = client.search_experiments(view_type=view, **query)
        return page(found, lambda experiment: experiment.name, found.token)
    if kind == "registered_models":
        found = client.search_registered_models(**query)
        return page(found, lambda model: model.name, found.token)
    if kind == "model_versions":
        found = client.search_model_versions(**query)
        return page(found, lambda version: f"{version.name}/{version.version}", found.token)
    if kind == "logged_models":
        query["order_by"] = request.get("order_by_fields")
        found = client.search_logged_models(request["experiment_ids"], **query)
        return page(found, lambda model: model.model_id, None)
    if kind == "run":
        return client.get_run(request["run_id"]).to_dictionary()
    if kind == "log":
        experiment = client.create_experiment(request["name"], tags={"team": "fraud"})
        run = client.create_run(experiment, run_name="from-mlflow")
        client.log_metric(run.info.run_id, "loss", 0.5, step=3)
        client.log_metric(run.info.run_id, "loss", float("nan"), step=4)
        client.log_param(run.info.run_id, "depth", 7)
        client.set_terminated(run.info.run_id)
        client.create_registered_model(request["name"])
        client.create_model_version(request["name"], "s3://bucket/model", run_id=run.info.run_id)
        client.set_registered_model_alias(request["name"], "champion", "1")
        return {"experiment_id": experiment, "run_id": run.info.run_id}
    raise ValueError(kind)


def main():
    client = MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1])
    for line in sys.stdin:
        try:
            result = {"ok": answer(client, json.loads(line))}
        except MlflowException as error:
            result = {"error": error.error_code, "message": str(error)}
        print(json.dumps(result), flush=True)


main()
