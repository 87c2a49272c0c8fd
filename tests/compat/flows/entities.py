"""What of MLflow's entities is compared. Neither program promises an order of params, tags and datasets of a run."""


def _sorted(entries):
    return {key: entries[key] for key in sorted(entries)}


def _dataset(item):
    return {
        "name": item.dataset.name,
        "digest": item.dataset.digest,
        "source_type": item.dataset.source_type,
        "tags": [[tag.key, tag.value] for tag in item.tags],
    }


def run(value):
    return {
        "status": value.info.status,
        "name": value.info.run_name,
        "user": bool(value.info.user_id),
        "stage": value.info.lifecycle_stage,
        "ended": value.info.end_time is not None,
        "uri": value.info.artifact_uri,
        "params": _sorted(value.data.params),
        "metrics": _sorted(value.data.metrics),
        "tags": _sorted({key: tag for key, tag in value.data.tags.items() if not key.startswith("mlflow.source")}),
        "datasets": sorted((_dataset(item) for item in value.inputs.dataset_inputs), key=str),
        "models_in": len(value.inputs.model_inputs or []),
        "models_out": [output.step for output in (value.outputs.model_outputs if value.outputs else [])],
    }


def experiment(value):
    return {
        "id": value.experiment_id,
        "name": value.name,
        "stage": value.lifecycle_stage,
        "location": value.artifact_location,
        "tags": value.tags,
        "created": value.creation_time is not None,
        "updated": value.last_update_time is not None,
    }


def version(value):
    return {
        "name": value.name,
        "version": value.version,
        "stage": value.current_stage,
        "description": value.description,
        "source": value.source,
        "run": value.run_id or "",
        "status": value.status,
        "tags": value.tags,
        "aliases": list(value.aliases),
        "link": value.run_link,
    }


def registered(value):
    return {
        "name": value.name,
        "description": value.description,
        "tags": value.tags,
        "aliases": value.aliases,
        "latest": [version(item) for item in value.latest_versions],
    }


def logged_model(value):
    return {
        "name": value.name,
        "status": str(value.status),
        "type": value.model_type,
        "params": value.params,
        "tags": {key: tag for key, tag in value.tags.items() if not key.startswith("mlflow.source")},
        "run": value.source_run_id,
        "metrics": sorted((metric.key, metric.value, metric.step) for metric in value.metrics or []),
        "uri": value.artifact_location,
    }
