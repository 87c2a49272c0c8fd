#!/bin/sh
# Makes a Python environment with check-jsonschema outside the source tree, which has the CIs' own schemas in it, and prints its program. A
# second run finds what is there and does nothing.
set -eu

version=0.39.0
home="${XDG_CACHE_HOME:-$HOME/.cache}/esteira/ci-schemas"

if [ ! -f "$home/stamp" ] || [ "$(cat "$home/stamp")" != "$version" ]; then
  rm -rf "$home"
  mkdir -p "$(dirname "$home")"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "check-jsonschema==$version" >&2
  printf '%s' "$version" >"$home/stamp"
fi
printf '%s\n' "$home/bin/check-jsonschema"
