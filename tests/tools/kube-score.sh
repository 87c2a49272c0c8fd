#!/bin/sh
# Builds kube-score, which judges objects of Kubernetes by good practice, outside the source tree, and prints its program. A second run finds
# what is there and does nothing. Needs Go, and a minute of two cores. With --check it builds nothing, and fails when it is missing.
set -eu

version=v1.20.0
home="${ESTEIRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/tools}/kube-score-$version"

if [ ! -x "$home/kube-score" ]; then
  if [ "${1:-}" = "--check" ]; then echo "not built: $home/kube-score (run tests/tools/kube-score.sh)" >&2; exit 1; fi
  command -v go >/dev/null || { echo "kube-score needs Go to be built: install it from https://go.dev/dl" >&2; exit 1; }
  mkdir -p "$home"
  (cd "$home" && GOBIN="$home" GOFLAGS= CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "github.com/zegl/kube-score/cmd/kube-score@$version") >&2
fi
printf '%s\n' "$home/kube-score"
