"""Prompts, which are registered models with tags: made, loaded, searched, tagged, pointed at, linked and deleted."""

import time
import warnings

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import PromptModelConfig
from pydantic import BaseModel

import entities
from recorder import record, record_code, record_error

warnings.simplefilter("ignore")
client = MlflowClient()
genai = mlflow.genai
# The client's own calls of models do not know prompts.
store = client._get_registry_client().store
experiment = mlflow.set_experiment("prompts").experiment_id

class Verdict(BaseModel):
    is_fraud: bool
    reason: str

def prompt(entity):
    return None if entity is None else [entity.name, entity.description, entity.tags]

def version(entity):
    if entity is None:
        return None
    return {
        "name": entity.name,
        "version": entity.version,
        "template": entity.template,
        "is_text": entity.is_text_prompt,
        "variables": sorted(entity.variables),
        "message": entity.commit_message,
        "tags": entity.tags,
        "aliases": sorted(entity.aliases),
        "uri": entity.uri,
        "format": entity.response_format,
        "config": entity.model_config,
        "user": entity.user_id,
        "times": [type(entity.creation_timestamp).__name__, type(entity.last_updated_timestamp).__name__],
    }

def load(name, *args):
    """From the server each time: the client keeps what it has loaded."""
    return genai.load_prompt(name, *args, cache_ttl_seconds=0)

def linked(name):
    """The client links a prompt to its experiment on a thread of its own."""
    for _ in range(600):
        found = store.get_registered_model(name)._tags.get("_mlflow_experiment_ids")
        if found is not None:
            return found
        time.sleep(0.1)
    raise TimeoutError(f"prompt '{name}' was not linked to its experiment")

# Made: a text, a second version of it, a chat, one with all that a version can hold.
record("text", version(genai.register_prompt(name="welcome", template="Olá {{who}}", commit_message="first", tags={"team": "risk"})))
record("its experiment", linked("welcome"))
record("second", version(genai.register_prompt(name="welcome", template="Bom dia, {{ who }} – {{ hour }}", tags={"team": "ops", "lang": "pt"})))
chat = [{"role": "system", "content": "You judge {{kind}} payments."}, {"role": "user", "content": "R$ {{amount}}"}]
record("chat", version(genai.register_prompt(name="judge", template=chat, commit_message="chat")))
whole = genai.register_prompt(
    name="judge",
    template=chat,
    response_format=Verdict,
    model_config=PromptModelConfig(model_name="any", temperature=0.2, max_tokens=100, stop_sequences=["x"]),
)
record("whole", version(whole))
record("long", version(genai.register_prompt(name="long", template="ação {{x}} " * 5000))["template"][:30])
record_error("longer than a tag", lambda: genai.register_prompt(name="longer", template="x" * 100_001))
record("nothing is left of it", prompt(client.get_prompt("longer")))
for name in ("", "a/b", "a:b", "with space", "ünï", "x" * 300):
    record_code(f"name {name[:12]}", lambda: genai.register_prompt(name=name, template="t"))
record_error("empty template", lambda: genai.register_prompt(name="empty", template=""))
client.create_registered_model("a-model")
record_error("name of a model", lambda: genai.register_prompt(name="a-model", template="t"))
record_error("model of the name of a prompt", lambda: client.create_registered_model("welcome"))

# Loaded: by name, version, URI and alias.
record("latest", version(load("welcome")))
record("by number", version(load("welcome", 1)))
record("by text", version(load("welcome", "2")))
record("by uri", version(load("prompts:/welcome/1")))
record("latest by uri", version(load("prompts:/welcome@latest")))
record("filled in", [load("welcome", 1).format(who="mundo"), load("judge").format(kind="Pix", amount="5,00")])
record_error("half filled in", lambda: load("welcome", 2).format(who="mundo"))
for name, args in {"nobody": (), "welcome": (99,), "a-model": (), "prompts:/welcome@zzz": (), "prompts:/nobody/1": (), "prompts:/welcome/x": ()}.items():
    record_error(f"load {name}", lambda: load(name, *args))
    record(f"load {name} or nothing", genai.load_prompt(name, *args, allow_missing=True, cache_ttl_seconds=0) if name != "a-model" and name != "prompts:/welcome/x" else "-")

# Pointed at.
genai.set_prompt_alias("welcome", alias="production", version=1)
genai.set_prompt_alias("welcome", alias="challenger", version=2)
record("by alias", version(load("prompts:/welcome@production")))
genai.set_prompt_alias("welcome", alias="production", version=2)
record("moved", version(load("prompts:/welcome@production")))
record("of the client", version(client.get_prompt_version_by_alias("welcome", "challenger")))
for alias in ("latest", "v1", "a b", ""):
    record_error(f"alias {alias}", lambda: genai.set_prompt_alias("welcome", alias=alias, version=1))
record_error("alias of none", lambda: genai.set_prompt_alias("welcome", alias="x", version=99))
record_error("alias of a model", lambda: genai.set_prompt_alias("a-model", alias="x", version=1))
genai.delete_prompt_alias("welcome", alias="challenger")
genai.delete_prompt_alias("welcome", alias="challenger")
record_error("no alias", lambda: load("prompts:/welcome@challenger"))

# Tags of prompts and of versions, and the settings of a model, which are a tag.
genai.set_prompt_tag("welcome", "owner", "ana")
genai.set_prompt_tag("welcome", "owner", "bia")
genai.set_prompt_tag("welcome", "gone", "x")
genai.delete_prompt_tag("welcome", "gone")
record_error("tag of none", lambda: genai.set_prompt_tag("nobody", "a", "b"))
record("tags", genai.get_prompt_tags("welcome"))
genai.set_prompt_version_tag("welcome", 1, "seen", "yes")
genai.set_prompt_version_tag("welcome", 1, "gone", "x")
genai.delete_prompt_version_tag("welcome", 1, "gone")
record_error("version tag of none", lambda: genai.set_prompt_version_tag("welcome", 99, "a", "b"))
record_error("version tag of text", lambda: genai.set_prompt_version_tag("welcome", "x", "a", "b"))
record("version tags", version(load("welcome", 1)))
genai.set_prompt_model_config("judge", 1, {"model_name": "other", "temperature": 1})
record("settings", version(load("judge", 1)))
genai.delete_prompt_model_config("judge", 1)
record("without them", version(load("judge", 1)))

# Searched: prompts apart from models, and models apart from prompts.
genai.register_prompt(name="laundering", template="a", tags={"team": "aml"})
client.set_prompt_tag("laundering", "owner", "bia")
for text in (None, "name = 'welcome'", "name LIKE 'wel%'", "name ILIKE 'WEL%'", "tags.owner = 'bia'", "tags.owner != 'bia'", "name = 'a-model'"):
    record(f"prompts {text}", sorted(found.name for found in genai.search_prompts(text)))
record("as entities", [prompt(found) for found in genai.search_prompts("name = 'welcome'")])
for name in ("welcome", "judge", "laundering"):
    linked(name)
of_experiment = {found.name for found in genai.search_prompts(f"experiment_id = '{experiment}'")}
record("of the experiment", sorted(of_experiment & {"welcome", "judge", "laundering", "a-model"}))
record("of no experiment", [found.name for found in genai.search_prompts("experiment_id = '77'")])
for text in ("name > 'a'", "zzz = 'a'", "name = a"):
    record_error(f"bad {text}", lambda: genai.search_prompts(text))
pages, token = [], None
while True:
    page = client.search_prompts(max_results=2, page_token=token)
    pages.append([found.name for found in page])
    token = page.token
    if not token:
        break
record("pages", pages)
record("at most", [found.name for found in genai.search_prompts(max_results=1)])
record("models", [found.name for found in client.search_registered_models()])
record("models by name", [found.name for found in client.search_registered_models("name LIKE 'wel%'")])
record("versions of models", [[found.name, found.version] for found in client.search_model_versions()])
record("versions", [version(found) for found in client.search_prompt_versions("welcome")])
record_error("versions of a model", lambda: client.search_prompt_versions("a-model"))
record_error("versions of none", lambda: client.search_prompt_versions("nobody"))

# As models: the calls of models refuse prompts, or do not know them.
record_error("as a model", lambda: entities.registered(client.get_registered_model("welcome")))
record_error("version as a model's", lambda: client.get_model_version("welcome", "1"))
record_error("rename", lambda: client.rename_registered_model("welcome", "hello"))
record_error("stage", lambda: client.transition_model_version_stage("welcome", "1", "Production"))
record_error("latest versions", lambda: client.get_latest_versions("welcome"))
record_error("delete as a model", lambda: client.delete_registered_model("judge"))
record("prompt", prompt(client.get_prompt("welcome")))
record("no prompt", [prompt(client.get_prompt("a-model")), prompt(client.get_prompt("nobody"))])

# Of the client: made empty, then versions.
record("made", prompt(client.create_prompt("made", description="words", tags={"a": "b"})))
record_error("made twice", lambda: client.create_prompt("made"))
record("made version", version(client.create_prompt_version("made", "t {{x}}", description="d", tags={"k": "v"})))
record_error("version of none", lambda: client.create_prompt_version("nobody", "t"))
record("of the client", version(client.get_prompt_version("made", 1)))

# Linked to runs and to models.
with mlflow.start_run() as run:
    load("welcome", 1)
    client.link_prompt_version_to_run(run.info.run_id, "prompts:/welcome/1")
    client.link_prompt_version_to_run(run.info.run_id, "prompts:/welcome/1")
    client.link_prompt_version_to_run(run.info.run_id, "prompts:/judge/2")
record("of a run", sorted([found.name, found.version] for found in client.list_logged_prompts(run.info.run_id)))
record("tag of the run", client.get_run(run.info.run_id).data.tags.get("mlflow.linkedPrompts"))
model = client.create_logged_model(experiment, name="lm")
client.link_prompt_version_to_model("welcome", "1", model.model_id)
record("tag of the model", client.get_logged_model(model.model_id).tags.get("mlflow.linkedPrompts"))
record_error("detach", lambda: client.detach_prompt_from_run(run.info.run_id, "prompts:/welcome/1"))

# Deleted.
client.delete_prompt_version("welcome", "1")
record_error("deleted version", lambda: load("welcome", 1))
record_error("version again", lambda: client.delete_prompt_version("welcome", "1"))
record("what is left", [found.version for found in client.search_prompt_versions("welcome")])
record_error("delete with versions", lambda: client.delete_prompt("welcome"))
record_code("delete none", lambda: client.delete_prompt("nobody"))
for found in client.search_prompt_versions("made"):
    client.delete_prompt_version("made", str(found.version))
record_error("delete", lambda: client.delete_prompt("made"))
record("gone", prompt(client.get_prompt("made")))
record("next version", genai.register_prompt(name="welcome", template="Oi").version)
