#!/bin/sh
# What has the CIs' own schemas in it.
exec sh "$(dirname "$0")/python-tool.sh" check-jsonschema 0.39.0 "${XDG_CACHE_HOME:-$HOME/.cache}/esteira/ci-schemas" check-jsonschema
