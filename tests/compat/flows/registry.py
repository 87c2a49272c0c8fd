"""The model registry: names, versions, aliases, stages, tags, searches, and how they fail."""

import warnings

import mlflow
from mlflow.tracking import MlflowClient

import entities
from recorder import record, record_code, record_error

warnings.simplefilter("ignore")
client = MlflowClient()
experiment = client.create_experiment("registry")
run = client.create_run(experiment, run_name="source")
run_id = run.info.run_id
client.log_metric(run_id, "auc", 0.9)

record("created", entities.registered(client.create_registered_model("fraud", tags={"team": "risk"}, description="first")))
record_error("twice", lambda: client.create_registered_model("fraud"))
record_error("slash", lambda: client.create_registered_model("a/b"))
record_error("empty", lambda: client.create_registered_model(""))
record_error("none", lambda: client.get_registered_model("zzz"))
source = f"{run.info.artifact_uri}/model"
for index in range(4):
    made = client.create_model_version("fraud", source, run_id=run_id, tags={"n": str(index)}, description=f"v{index + 1}")
    record(f"version {index + 1}", entities.version(made))
record_error("foreign source", lambda: client.create_model_version("fraud", "mlflow-artifacts:/9/zzz/artifacts", run_id=run_id))
record_error("local source", lambda: client.create_model_version("fraud", "/etc/passwd"))
record_error("parent source", lambda: client.create_model_version("fraud", f"{run.info.artifact_uri}/../x", run_id=run_id))
record_error("no model", lambda: client.create_model_version("zzz", source, run_id=run_id))
record("bucket", entities.version(client.create_model_version("fraud", "s3://bucket/key")))
model = client.create_logged_model(experiment, name="lm", source_run_id=run_id, params={"a": "1"}, tags={"t": "v"})
model = client.finalize_logged_model(model.model_id, "READY")
record("logged", entities.logged_model(model))
linked = client.create_model_version("fraud", f"models:/{model.model_id}", model_id=model.model_id)
record("linked", entities.version(linked))
record("its tags", client.get_logged_model(model.model_id).tags.get("mlflow.modelVersions"))
record_error("other model", lambda: client.create_model_version("fraud", "models:/m-zzz", model_id=model.model_id))

client.set_registered_model_alias("fraud", "champion", "1")
client.set_registered_model_alias("fraud", "challenger", 2)
client.set_registered_model_alias("fraud", "champion", "2")
record("by alias", entities.version(client.get_model_version_by_alias("fraud", "champion")))
record_error("no alias", lambda: client.get_model_version_by_alias("fraud", "zzz"))
for alias in ("latest", "v1", "a b", ""):
    record_error(f"alias {alias}", lambda: client.set_registered_model_alias("fraud", alias, "1"))
record_error("alias of none", lambda: client.set_registered_model_alias("fraud", "x", "99"))
client.delete_registered_model_alias("fraud", "challenger")
client.delete_registered_model_alias("fraud", "zzz")
record("aliases", client.get_registered_model("fraud").aliases)

record("staging", entities.version(client.transition_model_version_stage("fraud", "1", "Staging")))
record("production", entities.version(client.transition_model_version_stage("fraud", "2", "production")))
record("replaced", entities.version(client.transition_model_version_stage("fraud", "3", "Production", archive_existing_versions=True)))
record("archived", entities.version(client.get_model_version("fraud", "2")))
record_error("stage", lambda: client.transition_model_version_stage("fraud", "1", "zzz"))
record("latest", sorted([v.current_stage, v.version] for v in client.get_latest_versions("fraud")))
record("latest prod", [entities.version(v) for v in client.get_latest_versions("fraud", stages=["Production"])])
record_error("latest zzz", lambda: client.get_latest_versions("fraud", stages=["zzz"]))

client.set_registered_model_tag("fraud", "owner", "ana")
client.delete_registered_model_tag("fraud", "team")
client.set_model_version_tag("fraud", "1", "ok", "yes")
client.delete_model_version_tag("fraud", "1", "n")
client.update_registered_model("fraud", description="other")
client.update_model_version("fraud", "1", description="one")
record("model", entities.registered(client.get_registered_model("fraud")))
record("one", entities.version(client.get_model_version("fraud", "1")))
record("uri", client.get_model_version_download_uri("fraud", "1"))
record_error("version 99", lambda: client.get_model_version("fraud", "99"))
record_error("version abc", lambda: client.get_model_version("fraud", "abc"))
record_error("tag of none", lambda: client.set_model_version_tag("fraud", "99", "a", "b"))

for name in ("aml", "credit", "Fraud2"):
    client.create_registered_model(name, tags={"team": name})
for text in (None, "name = 'fraud'", "name LIKE 'f%'", "name ILIKE 'F%'", "tags.team = 'aml'", "tags.team != 'aml'", "name IN ('aml', 'credit')"):
    record(f"models {text}", [m.name for m in client.search_registered_models(filter_string=text)])
for order in (["name DESC"], ["name"], ["last_updated_timestamp DESC", "name"]):
    record(f"models order {order}", [m.name for m in client.search_registered_models(order_by=order, max_results=2)][:0 if "last" in order[0] else 2])
for text in ("name > 'a'", "zzz = 'a'", "name = a", "metrics.m > 1"):
    record_error(f"models bad {text}", lambda: client.search_registered_models(filter_string=text))
record_code("models bad order", lambda: client.search_registered_models(order_by=["zzz"]))
pages, token = [], None
while True:
    page = client.search_registered_models(max_results=2, page_token=token)
    pages.append([m.name for m in page])
    token = page.token
    if not token:
        break
record("models pages", pages)
for text in ("name = 'fraud'", f"run_id = '{run_id}'", "version_number > 2", "name LIKE 'f%' AND version_number <= 2", "tags.n = '1'", "source_path LIKE 's3:%'"):
    record(f"versions {text}", [[v.name, v.version] for v in client.search_model_versions(text)])
for order in (["version_number ASC"], ["version_number DESC"], ["name", "version_number DESC"]):
    record(f"versions order {order}", [v.version for v in client.search_model_versions("name = 'fraud'", order_by=order)])
for text in ("version > 0", "current_stage = 'Staging'", "version_number IN (1, 2)", "name > 'a'"):
    record_code(f"versions bad {text}", lambda: client.search_model_versions(text))

record("copied", entities.version(client.copy_model_version("models:/fraud/1", "copy")))
client.rename_registered_model("copy", "copy2")
record("renamed", entities.registered(client.get_registered_model("copy2")))
record("renamed version", entities.version(client.get_model_version("copy2", "1")))
record_error("rename to old", lambda: client.rename_registered_model("copy2", "fraud"))
client.delete_model_version("fraud", "4")
record_error("deleted version", lambda: client.get_model_version("fraud", "4"))
record("next version", client.create_model_version("fraud", source, run_id=run_id).version)
client.delete_registered_model("copy2")
record_error("deleted model", lambda: client.get_registered_model("copy2"))
record_error("delete twice", lambda: client.delete_registered_model("copy2"))

prompt = mlflow.genai.register_prompt(name="greet", template="Olá {{who}}", commit_message="first", tags={"a": "b"})
record("prompt", [prompt.name, prompt.version, prompt.template])
record("loaded prompt", mlflow.genai.load_prompt("prompts:/greet/1").format(who="mundo"))
record("hidden prompts", [m.name for m in client.search_registered_models(filter_string="name LIKE 'gr%'")])
