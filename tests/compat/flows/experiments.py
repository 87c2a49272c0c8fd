"""An experiment's life, and how calls about experiments fail."""

import mlflow
from mlflow.entities import ViewType
from mlflow.tracking import MlflowClient

import entities
from recorder import record, record_error

client = MlflowClient()
first = client.create_experiment("first", tags={"team": "risk"})
second = client.create_experiment("segundo ção")
record("first", entities.experiment(client.get_experiment(first)))
record("by name", entities.experiment(client.get_experiment_by_name("segundo ção")))
record("no such name", client.get_experiment_by_name("zzz"))
record_error("no such id", lambda: client.get_experiment("9999"))
record_error("no number", lambda: client.get_experiment("abc"))
record_error("empty name", lambda: client.create_experiment(""))
client.rename_experiment(first, "renamed")
client.set_experiment_tag(first, "owner", "ana")
client.set_experiment_tag(first, "owner", "bia")
client.delete_experiment_tag(first, "team")
record_error("no such tag", lambda: client.delete_experiment_tag(first, "team"))
record("tagged", entities.experiment(client.get_experiment(first)))
run = client.create_run(first)
client.delete_experiment(first)
record("deleted", entities.experiment(client.get_experiment(first)))
record("its run", client.get_run(run.info.run_id).info.lifecycle_stage)
record("active", [e.name for e in client.search_experiments()])
record("gone", [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)])
record("all", [e.name for e in client.search_experiments(view_type=ViewType.ALL)])
record_error("rename deleted", lambda: client.rename_experiment(first, "other"))
record_error("run in deleted", lambda: client.create_run(first))
record_error("set deleted", lambda: mlflow.set_experiment("renamed"))
record_error("delete twice", lambda: client.delete_experiment(first))
client.restore_experiment(first)
record("restored", entities.experiment(client.get_experiment(first)))
record("its run again", client.get_run(run.info.run_id).info.lifecycle_stage)
record_error("restore active", lambda: client.restore_experiment(first))
for index in range(5):
    client.create_experiment(f"page-{index}", tags={"n": str(index)})
names, token = [], None
while True:
    page = client.search_experiments(max_results=2, page_token=token, order_by=["name ASC"])
    names.append([e.name for e in page])
    token = page.token
    if not token:
        break
record("pages", names)
for text in (
    "name = 'renamed'", "name LIKE 'page%'", "name ILIKE 'PAGE-_'", "name != 'Default'", "tags.n = '3'", "tags.`n` != '3'",
    "tag.n LIKE '_'", "name LIKE 'page%' AND tags.n = '1'", "creation_time > 0", "experiment_id = '0'",
    "experiment_id IN ('0', '1')", "attribute.name = 'renamed'", "tags.n IS NULL", "tags.n IS NOT NULL",
):
    record(text, [e.name for e in client.search_experiments(filter_string=text, order_by=["name"])])
for text in (
    "name > 'a'", "name IN ('a')", "zzz = 'a'", "name = a", "metrics.m > 1", "creation_time > 'a'", "name =",
    "lifecycle_stage = 'active'",
):
    record_error(text, lambda: client.search_experiments(filter_string=text))
for text in ("name DESC", "experiment_id ASC", "last_update_time", "creation_time DESC"):
    record(text, len(client.search_experiments(order_by=[text])))
record_error("order", lambda: client.search_experiments(order_by=["zzz"]))
record_error("order dir", lambda: client.search_experiments(order_by=["name UP"]))
record_error("max", lambda: client.search_experiments(max_results=50001))
record_error("token", lambda: client.search_experiments(page_token="zzz"))
