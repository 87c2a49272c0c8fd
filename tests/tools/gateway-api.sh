#!/bin/sh
# Fetches the definitions of Kubernetes' Gateway API, and prints their folder. Needs Go, which keeps and checks what it has fetched. With --check
# it fetches nothing, and fails when they are missing.
set -eu

module=sigs.k8s.io/gateway-api@v1.6.3
command -v go >/dev/null || { echo "the Gateway API's definitions are fetched by Go: install it from https://go.dev/dl" >&2; exit 1; }
folder="$(go env GOMODCACHE)/$module/config/crd/standard"
if [ ! -d "$folder" ]; then
  if [ "${1:-}" = "--check" ]; then echo "not fetched: $folder (run tests/tools/gateway-api.sh)" >&2; exit 1; fi
  (cd "${TMPDIR:-/tmp}" && GOFLAGS=-mod=mod go mod download "$module") >&2
fi
printf '%s\n' "$folder"
