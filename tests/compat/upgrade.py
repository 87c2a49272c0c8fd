"""Databases of older revisions, by MLflow's own migrations. Arguments: make URI REVISION | upgrade URI | show URI."""

import json
import sys
from datetime import date, datetime

from alembic import command
from mlflow.store.db.utils import _get_alembic_config, _upgrade_db, create_sqlalchemy_engine
from mlflow.store.tracking.dbmodels.initial_models import Base as InitialBase
from sqlalchemy import MetaData, inspect, select

COPIED = """experiments experiment_tags runs metrics latest_metrics params tags datasets inputs input_tags logged_models
logged_model_params logged_model_tags logged_model_metrics registered_models registered_model_tags
registered_model_aliases model_versions model_version_tags webhooks webhook_events""".split()


def value(column, row):
    """Something that fits the column, the same for the same row in each table, so that keys meet."""
    name = column.name
    known = {
        "lifecycle_stage": "active" if row else "deleted",
        "source_type": "LOCAL",
        "destination_type": "RUN",
        "current_stage": "Production",
        "workspace": "default",
        "is_nan": bool(row % 2),
        "experiment_id": row,
        "version": 1,
    }
    if name == "status":
        kind = str(column.type)
        return 2 if "INT" in kind else "FINISHED" if column.table.name == "runs" else "ACTIVE" if column.table.name == "webhooks" else "READY"
    if column.table.name in ("inputs", "datasets") and name == "source_type":
        return "DATASET"
    if name in known:
        return known[name]
    python = column.type.python_type
    if python is int:
        return row + 2**40 if "BIGINT" in str(column.type) else row
    if python is float:
        return 1 / (row + 1)
    if python is bool:
        return True
    if python in (datetime, date):
        return python(2020, 1, 1)
    shared = {"name": f"é {row}", "run_uuid": f"{row:032d}", "run_id": f"{row:032d}", "model_id": f"m-{row:032d}"}
    text = shared.get(name, f"{name} {row}")
    limit = getattr(column.type, "length", None)
    return text[:limit] if limit else text


def make(uri, revision):
    engine = create_sqlalchemy_engine(uri)
    InitialBase.metadata.create_all(engine)
    config = _get_alembic_config(engine.url.render_as_string(hide_password=False))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    schema = MetaData()
    schema.reflect(engine)
    with engine.begin() as connection:
        for table in schema.sorted_tables:
            if table.name in COPIED:
                connection.execute(table.insert(), [{c.name: value(c, row) for c in table.columns} for row in range(3)])


def upgrade(uri):
    _upgrade_db(create_sqlalchemy_engine(uri))


def default(column):
    given = column.server_default
    if given is None or column.identity is not None:
        return None if given is None else "identity"
    return str(given.sqltext if column.computed is not None else given.arg)


def show(uri):
    """Rows and schema of MLflow's tables, in an order of their own."""
    engine = create_sqlalchemy_engine(uri)
    schema = MetaData()
    schema.reflect(engine)
    inspector = inspect(engine)
    found = {}
    with engine.connect() as connection:
        for name, table in schema.tables.items():
            if name.startswith(("esteira_", "old_before")):
                continue
            columns = sorted(table.columns, key=lambda column: column.name)
            found[name] = {
                "rows": sorted(json.dumps(list(row), default=str) for row in connection.execute(select(*columns))),
                "columns": [[c.name, str(c.type), c.nullable, default(c)] for c in columns],
                "key": sorted(inspector.get_pk_constraint(name)["constrained_columns"]),
                "keys": sorted(
                    json.dumps([k["constrained_columns"], k["referred_table"], k["referred_columns"], k["options"]], sort_keys=True)
                    for k in inspector.get_foreign_keys(name)
                ),
                "indexes": sorted(
                    json.dumps([i["name"], i["column_names"], bool(i["unique"])])
                    for i in inspector.get_indexes(name)
                    if not i["name"].startswith("esteira_")
                ),
            }
    print(json.dumps(found))


{"make": make, "upgrade": upgrade, "show": show}[sys.argv[1]](*sys.argv[2:])
