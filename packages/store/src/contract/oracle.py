"""Answers questions about a database by real MLflow: one JSON request a line in, one JSON answer a line out."""

import json
import math
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    Metric,
    Param,
    RunTag,
    ViewType,
)
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
    if kind == "snapshot":
        return snapshot(client)
    if kind == "fill":
        return fill(client)
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


def fill(client):
    """Something of everything that a team has in its database."""
    team = client.create_experiment("team", artifact_location="s3://bucket/team", tags={"owner": "ana", "ação": ""})
    client.set_experiment_tag(team, "mlflow.note.content", "é a nossa\nexperiência")
    gone = client.create_experiment("gone")
    gone_run = client.create_run(gone).info.run_id
    client.log_param(gone_run, "p", "1")
    client.delete_experiment(gone)

    parent = client.create_run(team, start_time=1000, run_name="parent", tags={"mlflow.user": "ana"}).info.run_id
    child = client.create_run(team, start_time=2000, tags={"mlflow.parentRunId": parent}).info.run_id
    metrics = [Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(50)]
    metrics += [Metric("loss", 7.0, 5, 49), Metric("loss", 7.0, 5, 49)]
    metrics += [Metric("odd", value, 1, step) for step, value in enumerate((-0.0, 5e-324, -math.inf, math.inf, math.nan))]
    metrics += [Metric("wide", 1.0, 2**53 + 1, 2**62 + 1), Metric("wide", 2.0, 2**53 + 3, -(2**62) - 1)]
    client.log_batch(parent, metrics, [Param("depth", "7"), Param("long", "x" * 6000)], [RunTag("t", ""), RunTag("T", "2")])
    client.log_metric(child, "nan", math.nan, timestamp=1, step=1)
    for status in ("FINISHED", "FAILED", "KILLED", "SCHEDULED"):
        run = client.create_run(team, run_name=f"is {status}").info.run_id
        client.set_terminated(run, status, end_time=5000)
    deleted = client.create_run(team, run_name="deleted").info.run_id
    client.delete_run(deleted)

    train = Dataset("ledger", "abc", "local", '{"uri": "x"}', schema="{}", profile='{"rows": 2}')
    test = Dataset("ledger", "def", "code", "{}")
    context = [InputTag("mlflow.data.context", "training"), InputTag("other", "x")]
    model = client.create_logged_model(
        team, "forest", source_run_id=parent, tags={"a": "1", "b": ""}, params={"depth": "7"}, model_type="Agent"
    )
    ready = client.finalize_logged_model(model.model_id, "READY")
    client.log_model_params(ready.model_id, {"eta": "0.1"})
    client.set_logged_model_tags(ready.model_id, {"a": "2"})
    client.log_inputs(parent, [DatasetInput(train, context), DatasetInput(test, [])])
    client.log_inputs(child, [DatasetInput(train, context)], [LoggedModelInput(ready.model_id)])
    client.log_outputs(parent, [LoggedModelOutput(ready.model_id, step=3)])
    client.log_metric(parent, "auc", 0.9, timestamp=1, step=0, dataset_name="ledger", dataset_digest="abc", model_id=ready.model_id)
    client.create_logged_model(team, "pending")
    lost = client.create_logged_model(team, "lost")
    client.finalize_logged_model(lost.model_id, "FAILED")
    client.delete_logged_model(lost.model_id)

    client.create_registered_model("pix", tags={"team": "risk"}, description="of Pix")
    for index in range(4):
        client.create_model_version("pix", f"models:/{ready.model_id}", run_id=parent, tags={"n": str(index)}, description=f"v{index}")
    client.create_model_version("pix", "s3://bucket/elsewhere", run_link="https://example.com/run")
    client.transition_model_version_stage("pix", "1", "Production")
    client.transition_model_version_stage("pix", "2", "Production", archive_existing_versions=True)
    client.transition_model_version_stage("pix", "3", "Staging")
    client.set_registered_model_alias("pix", "champion", "2")
    client.set_registered_model_alias("pix", "challenger", "3")
    client.set_registered_model_alias("pix", "lost", "4")
    client.delete_model_version("pix", "4")
    client.create_registered_model("old name")
    client.create_model_version("old name", "file:///srv/model")
    client.set_registered_model_alias("old name", "a", "1")
    client.rename_registered_model("old name", "new name")
    client.create_registered_model("emptied")
    client.delete_registered_model("emptied")
    return {"run_id": parent}


def snapshot(client):
    """Everything that MLflow's client can read, in an order of its own."""
    experiments = client.search_experiments(view_type=ViewType.ALL)
    ids = [experiment.experiment_id for experiment in experiments]
    runs = [client.get_run(run.info.run_id) for run in client.search_runs(ids, run_view_type=ViewType.ALL, max_results=1000)]
    models = [model for model in client.search_logged_models(ids, max_results=1000)]
    versions = client.search_model_versions(max_results=1000)
    return {
        "experiments": {
            one.experiment_id: {
                "name": one.name,
                "location": one.artifact_location,
                "stage": one.lifecycle_stage,
                "created": one.creation_time,
                "updated": one.last_update_time,
                "tags": one.tags,
            }
            for one in experiments
        },
        "runs": {run.info.run_id: run_of(client, run) for run in runs},
        "loggedModels": {model.model_id: logged_model_of(client.get_logged_model(model.model_id)) for model in models},
        "registeredModels": {
            one.name: {
                "description": one.description or "",
                "created": one.creation_timestamp,
                "updated": one.last_updated_timestamp,
                "tags": one.tags,
                "aliases": {alias: str(version) for alias, version in one.aliases.items()},
                "latest": sorted(int(version.version) for version in one.latest_versions),
            }
            for one in client.search_registered_models(max_results=1000)
        },
        "versions": {
            f"{one.name}/{one.version}": version_of(client, client.get_model_version(one.name, one.version)) for one in versions
        },
    }


def metric_of(metric):
    value = "NaN" if math.isnan(metric.value) else repr(float(metric.value))
    return [metric.key, value, str(metric.timestamp), str(metric.step)]


def run_of(client, run):
    info = run.info
    latest = run.data._metric_objs
    return {
        "experiment": info.experiment_id,
        "name": info.run_name,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        # On the wire 0 means that a run has not ended.
        "end": info.end_time or None,
        "location": info.artifact_uri,
        "stage": info.lifecycle_stage,
        "params": run.data.params,
        "tags": run.data.tags,
        "latest": {metric.key: metric_of(metric) for metric in latest},
        "history": {metric.key: [metric_of(one) for one in client.get_metric_history(info.run_id, metric.key)] for metric in latest},
        "datasets": sorted(
            [
                [one.dataset.name, one.dataset.digest, one.dataset.source_type, one.dataset.source, one.dataset.schema, one.dataset.profile],
                {tag.key: tag.value for tag in one.tags},
            ]
            for one in run.inputs.dataset_inputs
        ),
        "read": sorted(one.model_id for one in run.inputs.model_inputs),
        "made": sorted([one.model_id, str(one.step)] for one in run.outputs.model_outputs),
    }


def logged_model_of(model):
    return {
        "experiment": model.experiment_id,
        "name": model.name,
        "location": model.artifact_location,
        "created": model.creation_timestamp,
        "updated": model.last_updated_timestamp,
        "type": model.model_type or "",
        "run": model.source_run_id,
        "status": model.status.value,
        "tags": model.tags,
        "params": model.params,
        "metrics": sorted([*metric_of(metric), metric.dataset_name, metric.dataset_digest, metric.run_id] for metric in model.metrics or []),
    }


def version_of(client, version):
    return {
        "created": version.creation_timestamp,
        "updated": version.last_updated_timestamp,
        "stage": version.current_stage,
        "description": version.description or "",
        "source": version.source,
        "run": version.run_id or None,
        "link": version.run_link or "",
        "status": version.status,
        "tags": version.tags,
        "aliases": sorted(version.aliases),
        "download": client.get_model_version_download_uri(version.name, version.version),
    }


def main():
    # The registry looks logged models up where the process tracks, not where its client does.
    mlflow.set_tracking_uri(sys.argv[1])
    client = MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1])
    for line in sys.stdin:
        try:
            result = {"ok": answer(client, json.loads(line))}
        except MlflowException as error:
            result = {"error": error.error_code, "message": str(error)}
        print(json.dumps(result), flush=True)


main()
