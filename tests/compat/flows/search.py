"""The search language over runs: filters, orders, pages, and how they fail."""

import mlflow
from mlflow.entities import ViewType
from mlflow.tracking import MlflowClient

from recorder import record, record_code, record_error

client = MlflowClient()
here = client.create_experiment("search")
other = client.create_experiment("search-other")
values = {
    "one": (1.0, "a", "x"), "two": (2.0, "b", None), "three": (3.0, None, "y"), "nan": (float("nan"), "A", "x%y"),
    "inf": (float("inf"), "ab", "_"), "ninf": (float("-inf"), "aB", "it's"), "none": (None, "c", "X"),
}
for index, (name, (metric, param, tag)) in enumerate(values.items()):
    run = client.create_run(here, start_time=1000 + index, run_name=name)
    if metric is not None:
        client.log_metric(run.info.run_id, "m", metric, timestamp=1)
        client.log_metric(run.info.run_id, "with space", metric, timestamp=1)
    if param is not None:
        client.log_param(run.info.run_id, "p", param)
    if tag is not None:
        client.set_tag(run.info.run_id, "t", tag)
    client.set_terminated(run.info.run_id, status="FINISHED" if index % 2 else "FAILED", end_time=2000 + index)
strange = client.create_run(other, start_time=7, run_name="elsewhere")
client.log_metric(strange.info.run_id, "m", 9)
deleted = client.create_run(here, start_time=9, run_name="deleted")
client.delete_run(deleted.info.run_id)


def names(**query):
    return [run.info.run_name for run in client.search_runs([here], **query)]


for text in (
    "", "metrics.m > 1", "metrics.m >= 1 and metrics.m <= 2", "metrics.m = 2", "metrics.m != 2", "metrics.m < 2",
    "metric.`with space` > 1", 'metrics."with space" > 2', "params.p = 'a'", "params.p != 'a'", "params.p LIKE 'a%'",
    "params.p ILIKE 'a%'", "param.p LIKE '_'", "parameters.p = 'b'", "params.p IS NULL", "params.p IS NOT NULL",
    "tags.t = 'x'", "tags.t LIKE 'x%'", "tag.t ILIKE 'X'", "tags.t = \"it's\"", "tags.t LIKE '%\\%%'", "tags.t IS NULL",
    "attributes.status = 'FINISHED'", "status != 'FINISHED'", "attributes.start_time > 1001", "start_time <= 1001",
    "run_name = 'one'", "attr.run_name LIKE 't%'", "attributes.`run name` = 'two'", "run_name ILIKE 'T%'", "end_time > 2003",
    "tags.mlflow.runName = 'three'", "user_id != ''", "artifact_uri LIKE '%artifacts'",
    "metrics.m > 0 AND params.p LIKE 'a%' AND tags.t != 'y'", "metrics.m > -1e3", "metrics.m > .5", "Created > 1001",
):
    record(text, names(filter_string=text))
for order in (
    [], ["metrics.m ASC"], ["metrics.m DESC"], ["metrics.m"], ["params.p"], ["params.p DESC"], ["tags.t ASC"], ["tags.t DESC"],
    ["start_time ASC"], ["start_time DESC", "metrics.m ASC"], ["attributes.run_name"], ["status", "run_name DESC"],
    ["metrics.`with space` DESC"], ["end_time DESC"], ["Created ASC", "params.p"], ["metrics.zzz"], ["run_name asc"],
):
    record(f"order {order}", names(order_by=order))
for text in (
    "metrics.m = 'a'", "params.p = 1", "params.p > 'a'", "zzz = 'a'", "zzz.a = 'b'", "metrics.m == 1", "metrics.m", "metrics.m >", "= 1", "metrics.m > abc", "tags.t IN ('x')",
    "lifecycle_stage = 'active'", "start_time = 'a'", "status > 'A'", "params.p LIKE a", "run_id = 5",
    "metrics.m > 1; DROP TABLE runs", "metrics.m > 1 UNION SELECT 1", "datasets.zzz = 'a'", "metrics.m > 1 AND",
    "metrics.m LIKE '1'", "status LIKE 'F%' AND", "run_id IN ()", "run_name IN ('one')", "params.p != 'it''s'",
):
    record_error(f"bad {text}", lambda: client.search_runs([here], filter_string=text))
record_code("bad list", lambda: client.search_runs([here], filter_string="attributes.run_id IN (1)"))
for order in (["zzz"], ["metrics.m UP"], ["metrics.m ASC DESC"], [""], ["zzz.a"], ["datasets.name"], ["timestamp"]):
    record_error(f"bad order {order}", lambda: client.search_runs([here], order_by=order))
record("deleted", names(run_view_type=ViewType.DELETED_ONLY))
record("all", names(run_view_type=ViewType.ALL))
record("both", [run.info.run_name for run in client.search_runs([here, other], order_by=["start_time ASC"])])
record("nowhere", len(client.search_runs(["424242"])))
pages, token = [], None
while True:
    page = client.search_runs([here], max_results=3, page_token=token, order_by=["metrics.m DESC"])
    pages.append([run.info.run_name for run in page])
    token = page.token
    if not token:
        break
record("pages", pages)
record_error("max 0", lambda: client.search_runs([here], max_results=0))
record_error("max", lambda: client.search_runs([here], max_results=50001))
record_error("token", lambda: client.search_runs([here], page_token="zzz"))
run = client.search_runs([here], filter_string="run_name = 'one'")[0]
for step in range(7):
    client.log_metric(run.info.run_id, "long", step * 1.5, timestamp=10 - step, step=step)
record("history", [[m.value, m.timestamp, m.step] for m in client.get_metric_history(run.info.run_id, "long")])
record("latest", client.get_run(run.info.run_id).data.metrics)
frame = mlflow.search_runs(experiment_names=["search"], order_by=["run_name ASC"])
record("frame", [sorted(frame.columns), list(frame["tags.mlflow.runName"])])
