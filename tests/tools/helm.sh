#!/bin/sh
# Builds Helm, which installs charts on Kubernetes, outside the source tree, and prints its program. A second run finds what is there and
# does nothing. Needs Go, and some minutes of two cores. With --check it builds nothing, and fails when it is missing.
set -eu

version=v3.21.4
home="${ESTEIRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/tools}/helm-$version"

if [ ! -x "$home/helm" ]; then
  if [ "${1:-}" = "--check" ]; then echo "not built: $home/helm (run tests/tools/helm.sh)" >&2; exit 1; fi
  command -v go >/dev/null || { echo "helm needs Go to be built: install it from https://go.dev/dl" >&2; exit 1; }
  mkdir -p "$home"
  (cd "$home" && GOBIN="$home" GOFLAGS= CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "helm.sh/helm/v3/cmd/helm@$version") >&2
fi
printf '%s\n' "$home/helm"
