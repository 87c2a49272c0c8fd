#!/bin/sh
# What makes up requests.
exec sh "$(dirname "$0")/../tools/python-tool.sh" schemathesis 4.32.0 "${ESTEIRA_FUZZ_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/fuzz}" st
