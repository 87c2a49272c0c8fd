"""Users, roles and permissions through MLflow's own client, and what each level of permission opens."""

import os
from contextlib import contextmanager

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.server import get_app_client

from recorder import record, record_code, record_error

URI = os.environ["MLFLOW_TRACKING_URI"]
PASSWORD = "a long enough password"


@contextmanager
def signed_in(username, password=PASSWORD):
    before = {key: os.environ.pop(key, None) for key in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")}
    if username is not None:
        os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = username, password
    try:
        yield
    finally:
        for key, value in before.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value


ADMIN = ("admin", os.environ["ESTEIRA_ADMIN_PASSWORD"])
auth = get_app_client("basic-auth", tracking_uri=URI)
client = MlflowClient()


def raw(name, method, path, auth=None, **kwargs):
    """The status of a request made without the client; of a refusal only the status, which is what it tells."""
    answer = requests.request(method, URI + path, auth=auth, timeout=30, **kwargs)
    record(name, [answer.status_code, answer.json() if answer.ok and answer.content else None])


def user(entity):
    return [entity.username, entity.is_admin, entity.password_hash]


def role(entity):
    return [
        entity.name,
        entity.workspace,
        entity.description,
        sorted([p.resource_type, p.resource_pattern, p.permission] for p in entity.permissions),
    ]


# Nobody, and somebody with a wrong password.
with signed_in(None):
    record_code("anonymous", lambda: client.search_experiments())
with signed_in("admin", "not the password"):
    record_code("wrong password", lambda: client.search_experiments())
with signed_in("nobody", "not the password"):
    record_code("unknown user", lambda: client.search_experiments())
record("health", requests.get(f"{URI}/health", timeout=30).status_code)
record("info is public", requests.get(f"{URI}/api/3.0/mlflow/server-info", timeout=30).status_code)

# Users.
with signed_in(*ADMIN):
    record("create", user(auth.create_user("ana", PASSWORD)))
    for name in ("bia", "caio"):
        auth.create_user(name, PASSWORD)
    record_code("create again", lambda: auth.create_user("ana", PASSWORD))
    record_error("short password", lambda: auth.create_user("short", "12345678901"))
    record_code("empty password", lambda: auth.create_user("empty", ""))
    record_code("empty name", lambda: auth.create_user("", PASSWORD))
    record("get", user(auth.get_user("ana")))
    record_error("get nobody", lambda: auth.get_user("nobody"))
    auth.update_user_password("ana", PASSWORD + "!")
    auth.update_user_password("ana", PASSWORD)
    record_error("password of nobody", lambda: auth.update_user_password("nobody", PASSWORD))
    record_error("own password without the old", lambda: auth.update_user_password("admin", PASSWORD))
    auth.update_user_admin("caio", True)
    record("admin", user(auth.get_user("caio")))
    auth.update_user_admin("caio", False)
    record_error("admin of nobody", lambda: auth.update_user_admin("nobody", True))
    record_error("delete nobody", lambda: auth.delete_user("nobody"))
    record_error("delete oneself", lambda: auth.delete_user("admin"))
raw("missing parameter", "POST", "/api/2.0/mlflow/users/create", ADMIN, json={"username": "x"})
raw("users", "GET", "/api/2.0/mlflow/users/list", ADMIN)
raw("users, for pages", "GET", "/ajax-api/2.0/mlflow/users/list", ADMIN)
raw("current", "GET", "/api/2.0/mlflow/users/current", ("ana", PASSWORD))
raw("current permissions", "GET", "/api/3.0/mlflow/users/current/permissions", ("ana", PASSWORD))

with signed_in("ana"):
    record("see oneself", user(auth.get_user("ana")))
    record_code("see another", lambda: auth.get_user("bia"))
    record_code("create as a user", lambda: auth.create_user("dora", PASSWORD))
    record_code("become admin", lambda: auth.update_user_admin("ana", True))
    record_code("delete another", lambda: auth.delete_user("bia"))
    record_code("password of another", lambda: auth.update_user_password("bia", PASSWORD + "?"))
    record_error("without the old one", lambda: auth.update_user_password("ana", PASSWORD + "?"))
    record_error("with a wrong one", lambda: auth.update_user_password("ana", PASSWORD + "?", "wrong password"))
    record_error("the same", lambda: auth.update_user_password("ana", PASSWORD, PASSWORD))
    record_error("too short", lambda: auth.update_user_password("ana", "short", PASSWORD))
    auth.update_user_password("ana", PASSWORD + "?", PASSWORD)
with signed_in("ana"):
    record_code("the old password", lambda: client.search_experiments())
with signed_in("ana", PASSWORD + "?"):
    auth.update_user_password("ana", PASSWORD, PASSWORD + "?")

# Creators manage what they create.
with signed_in("ana"):
    owned = client.create_experiment("ana's")
    run = client.create_run(owned)
    run_id = run.info.run_id
    client.log_metric(run_id, "auc", 0.5)
    client.create_registered_model("ana-model")
    model = client.create_logged_model(owned, name="forest") if hasattr(client, "create_logged_model") else None
    version = client.create_model_version("ana-model", f"mlflow-artifacts:/{owned}/{run_id}/artifacts/m", run_id)
    record("creator", auth.get_user_permission("ana", "experiment", owned).permission)
    record("creator's model", auth.get_user_permission("ana", "registered_model", "ana-model").permission)
raw("creator's permissions", "GET", "/api/3.0/mlflow/users/permissions/list?username=ana", ("ana", PASSWORD))

CALLS = {
    "get experiment": lambda: client.get_experiment(owned),
    "by name": lambda: client.get_experiment_by_name("ana's"),
    "get run": lambda: client.get_run(run_id),
    "history": lambda: client.get_metric_history(run_id, "auc"),
    "list artifacts": lambda: client.list_artifacts(run_id),
    "tag experiment": lambda: client.set_experiment_tag(owned, "a", "b"),
    "rename experiment": lambda: client.rename_experiment(owned, "ana's"),
    "create run": lambda: client.create_run(owned),
    "log metric": lambda: client.log_metric(run_id, "auc", 0.6),
    "log batch": lambda: client.log_batch(run_id, metrics=[Metric("auc", 0.7, 1, 1)]),
    "tag run": lambda: client.set_tag(run_id, "a", "b"),
    "untag run": lambda: client.delete_tag(run_id, "a"),
    "end run": lambda: client.set_terminated(run_id),
    "log text": lambda: client.log_text(run_id, "text", "a.txt"),
    "read text": lambda: mlflow.artifacts.load_text(f"runs:/{run_id}/a.txt"),
    "delete run": lambda: client.delete_run(run_id),
    "restore run": lambda: client.restore_run(run_id),
    "delete experiment": lambda: client.delete_experiment(owned),
    "restore experiment": lambda: client.restore_experiment(owned),
    "get model": lambda: client.get_registered_model("ana-model"),
    "get version": lambda: client.get_model_version("ana-model", "1"),
    "latest": lambda: client.get_latest_versions("ana-model"),
    "download uri": lambda: client.get_model_version_download_uri("ana-model", "1"),
    "describe model": lambda: client.update_registered_model("ana-model", "words"),
    "tag model": lambda: client.set_registered_model_tag("ana-model", "a", "b"),
    "tag version": lambda: client.set_model_version_tag("ana-model", "1", "a", "b"),
    "untag version": lambda: client.delete_model_version_tag("ana-model", "1", "a"),
    "untag model": lambda: client.delete_registered_model_tag("ana-model", "a"),
    "stage": lambda: client.transition_model_version_stage("ana-model", "1", "Staging"),
    "set alias": lambda: client.set_registered_model_alias("ana-model", "champion", "1"),
    "by alias": lambda: client.get_model_version_by_alias("ana-model", "champion"),
    "delete alias": lambda: client.delete_registered_model_alias("ana-model", "champion"),
    "create version": lambda: client.create_model_version(
        "ana-model", f"mlflow-artifacts:/{owned}/{run_id}/artifacts/m", run_id
    ),
    "delete version": lambda: client.delete_model_version("ana-model", "2"),
    "grant": lambda: auth.grant_user_permission("caio", "experiment", owned, "READ"),
    "revoke": lambda: auth.revoke_user_permission("caio", "experiment", owned),
    "grant model": lambda: auth.grant_user_permission("caio", "registered_model", "ana-model", "READ"),
    "revoke model": lambda: auth.revoke_user_permission("caio", "registered_model", "ana-model"),
    "unknown run": lambda: client.get_run("0" * 32),
    "unknown experiment": lambda: client.get_experiment("987654"),
    "unknown model": lambda: client.get_registered_model("nothing"),
}
SEARCHES = {
    "experiments": lambda: sorted(e.name for e in client.search_experiments()),
    "runs": lambda: len(client.search_runs([owned])) > 0,
    "models": lambda: [m.name for m in client.search_registered_models()],
    "versions": lambda: sorted({v.name for v in client.search_model_versions()}),
    "logged models": lambda: [m.name for m in client.search_logged_models([owned])],
}


def try_all(who):
    outcomes = {}
    for name, call in CALLS.items():
        try:
            call()
            outcomes[name] = "yes"
        except mlflow.exceptions.MlflowException as error:
            outcomes[name] = error.error_code
        except requests.HTTPError as error:
            outcomes[name] = error.response.status_code
    for name, search in SEARCHES.items():
        outcomes[f"search {name}"] = search()
    record(f"as {who}", outcomes)


with signed_in("bia"):
    try_all("one without a grant")
for level in ("READ", "USE", "EDIT", "MANAGE", "DENY"):
    with signed_in("ana"):
        auth.grant_user_permission("bia", "experiment", owned, level)
        auth.grant_user_permission("bia", "registered_model", "ana-model", level)
        record(f"{level} is", vars(auth.get_user_permission("ana", "experiment", owned)))
    with signed_in(*ADMIN):
        record(f"{level} as told", vars(auth.get_user_permission("bia", "experiment", owned)))
    with signed_in("bia"):
        try_all(f"{level}")
    with signed_in("ana"):
        auth.revoke_user_permission("bia", "experiment", owned)
        auth.revoke_user_permission("bia", "registered_model", "ana-model")

# What grants refuse.
with signed_in("ana"):
    auth.grant_user_permission("bia", "experiment", owned, "READ")
    record_error("twice", lambda: auth.grant_user_permission("bia", "experiment", owned, "EDIT"))
    auth.revoke_user_permission("bia", "experiment", owned)
    record_error("revoke twice", lambda: auth.revoke_user_permission("bia", "experiment", owned))
    record_error("bad level", lambda: auth.grant_user_permission("bia", "experiment", owned, "OWN"))
    record_error("no permissions", lambda: auth.grant_user_permission("bia", "experiment", owned, "NO_PERMISSIONS"))
    record_error("bad type", lambda: auth.grant_user_permission("bia", "folder", owned, "READ"))
    record_code("workspace", lambda: auth.grant_user_permission("bia", "workspace", "*", "USE"))
    record_error("to nobody", lambda: auth.grant_user_permission("nobody", "experiment", owned, "READ"))
    record_code("wildcard as a user", lambda: auth.grant_user_permission("bia", "experiment", "*", "READ"))
    record_code("default experiment", lambda: auth.grant_user_permission("bia", "experiment", "0", "READ"))
    record_code("permission of another", lambda: auth.get_user_permission("bia", "experiment", owned))

# A name that moves takes its grants along; one that goes, leaves none behind.
with signed_in("ana"):
    auth.grant_user_permission("bia", "registered_model", "ana-model", "EDIT")
    client.rename_registered_model("ana-model", "ana-2")
    record("renamed", auth.get_user_permission("ana", "registered_model", "ana-2").permission)
with signed_in("bia"):
    record("renamed for another", auth.get_user_permission("bia", "registered_model", "ana-2").permission)
with signed_in("ana"):
    client.delete_registered_model("ana-2")
with signed_in("caio"):
    client.create_registered_model("ana-2")
with signed_in("bia"):
    record("name used again", auth.get_user_permission("bia", "registered_model", "ana-2").permission)

# Roles.
with signed_in(*ADMIN):
    made = auth.create_role("default", "analysts", "who looks")
    record("role", role(made))
    record_code("role again", lambda: auth.create_role("default", "analysts"))
    record_code("reserved name", lambda: auth.create_role("default", "__user_1__"))
    record_error("empty role", lambda: auth.create_role("default", " "))
    record("update", role(auth.update_role(made.id, description="who look")))
    record_error("update nothing", lambda: auth.update_role(made.id))
    record_error("no role", lambda: auth.get_role(9999))
    granted = auth.add_role_permission(made.id, "experiment", owned, "EDIT")
    record("granted", [granted.resource_type, granted.permission, granted.role_id == made.id])
    record_code("granted again", lambda: auth.add_role_permission(made.id, "experiment", owned, "READ"))
    record_error("tier by id", lambda: auth.add_role_permission(made.id, "run", run_id, "READ"))
    record_error("workspace level", lambda: auth.add_role_permission(made.id, "workspace", "*", "READ"))
    record("assigned", auth.assign_role("bia", made.id).role_id == made.id)
    record_code("assigned again", lambda: auth.assign_role("bia", made.id))
    record_error("assigned to nobody", lambda: auth.assign_role("nobody", made.id))
    record("roles of bia", [role(r) for r in auth.list_user_roles("bia") if r.name == "analysts"])
    record("roles of the workspace", [role(r) for r in auth.list_roles("default") if r.name == "analysts"])
    record("all roles", [r.name for r in auth.list_all_roles() if r.name == "analysts"])
    record("users of the role", len(auth.list_role_users(made.id)))
    record("its permissions", [p.permission for p in auth.list_role_permissions(made.id)])
with signed_in("bia"):
    client.set_experiment_tag(owned, "by", "role")
    record("through a role", auth.get_user_permission("bia", "experiment", owned).permission)
    record_code("delete with edit", lambda: client.delete_experiment(owned))
    record("see one's roles", [r.name for r in auth.list_user_roles("bia") if r.name == "analysts"])
    record_code("see another's", lambda: auth.list_user_roles("ana"))
    record_code("make a role", lambda: auth.create_role("default", "mine"))
    record_code("change it", lambda: auth.update_role_permission(granted.id, "MANAGE"))
with signed_in(*ADMIN):
    record("changed", auth.update_role_permission(granted.id, "DENY").permission)
with signed_in("bia"):
    record_code("denied by a role", lambda: client.get_experiment(owned))
with signed_in(*ADMIN):
    auth.remove_role_permission(granted.id)
    record_error("removed twice", lambda: auth.remove_role_permission(granted.id))
    tier = auth.add_role_permission(made.id, "run", "*", "DENY")
with signed_in("bia"):
    record_code("runs denied", lambda: client.get_run(run_id))
    record("runs denied in a search", len(client.search_runs([owned])))
    record_code("experiment still read", lambda: client.get_experiment(owned))
with signed_in(*ADMIN):
    auth.remove_role_permission(tier.id)
    auth.add_role_permission(made.id, "workspace", "*", "MANAGE")
with signed_in("bia"):
    record_code("who manages the workspace deletes", lambda: client.delete_experiment(owned))
    record_code("and restores", lambda: client.restore_experiment(owned))
    record_code("and makes roles", lambda: auth.create_role("default", "more"))
    record_code("and users", lambda: auth.create_user("dora", PASSWORD))
    record_code("and deletes none", lambda: auth.delete_user("dora"))
with signed_in(*ADMIN):
    auth.unassign_role("bia", made.id)
    record_error("unassigned twice", lambda: auth.unassign_role("bia", made.id))
    auth.delete_role(made.id)
    record_error("deleted twice", lambda: auth.delete_role(made.id))
    auth.delete_user("bia")
with signed_in("bia"):
    record_code("a deleted user", lambda: client.search_experiments())
with signed_in(*ADMIN):
    auth.create_user("bia", PASSWORD)
    record("comes back with nothing", [r.name for r in auth.list_user_roles("bia")])
