"""What schemathesis cannot know: which 5xx are MLflow's own words, and the names of what is there to be asked for."""

import json
import os
import zlib

import schemathesis

# Values by the name of their field, so that calls get past "no such run".
KNOWN = json.loads(os.environ.get("ESTEIRA_FUZZ_KNOWN", "{}"))

# MLflow answers a call that the state of things forbids with 500, and one that it does not offer with 501: scripts read
# both, so they stay. Anything else from 500 is a fault.
ALLOWED = {(500, "INVALID_STATE"), (501, "NOT_IMPLEMENTED")}


@schemathesis.check
def no_fault(ctx, response, case):
    if response.status_code < 400:
        return
    body = response.json()
    code = body.get("error_code")
    assert isinstance(code, str) and isinstance(body.get("message"), str), f"No error of MLflow's: {body}"
    if response.status_code >= 500:
        assert (response.status_code, code) in ALLOWED, f"A fault of the server: {response.status_code} {body}"


def with_known(fields):
    """About half of the fields that have a known value get it: which, follows from what was generated."""
    if not isinstance(fields, dict):
        return fields
    return {
        name: KNOWN[name]
        if name in KNOWN and isinstance(value, str) and zlib.crc32(f"{name}{value}".encode("utf-8", "replace")) % 2
        else value
        for name, value in fields.items()
    }


@schemathesis.hook
def map_body(context, body):
    return with_known(body)


@schemathesis.hook
def map_query(context, query):
    return with_known(query)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return with_known(path_parameters)
