#!/bin/sh
# Builds Kubernetes and its etcd from their Go modules, outside the source tree, and prints the folder of their programs: kube-apiserver,
# kube-controller-manager, kube-scheduler, kubelet, kube-proxy, kubectl, etcd, and a `pause` of our own for the pods' sandboxes.
# A second run finds what is there and does nothing, and one that was interrupted goes on. Needs Go, 5 GB for Go's cache, and 15 to
# 25 minutes of two cores: run it once by hand. With --check it builds nothing, and fails when a program is missing.
set -eu

version=1.34.4 etcd=3.6.4
home="${ESTEIRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/tools}/kubernetes-v$version"
programs="kubectl kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy"

missing=""
for program in etcd pause $programs; do [ -x "$home/$program" ] || missing="$missing $program"; done
if [ -n "$missing" ]; then
  if [ "${1:-}" = "--check" ]; then echo "not built in $home:$missing (run tests/tools/kubernetes.sh)" >&2; exit 1; fi
  command -v go >/dev/null || { echo "Kubernetes needs Go to be built: install it from https://go.dev/dl" >&2; exit 1; }
  work="$home/.build"
  mkdir -p "$work/built" "$work/kubernetes" "$work/etcd" "$work/pause"
  export CGO_ENABLED=0 GOFLAGS=-mod=mod

  # What is built has its own name only when it is whole.
  build() { # program, package, linker flags
    [ -x "$home/$1" ] || { go build -trimpath -ldflags "-s -w ${3:-}" -o "$work/built/$1" "$2" && mv "$work/built/$1" "$home/$1"; }
  }

  cd "$work/pause"
  printf 'module pause\n\ngo 1.24\n' >go.mod
  cat >main.go <<'GO'
package main

import (
	"os"
	"os/signal"
	"syscall"
)

// Holds a pod's namespaces until it is told to end. As process 1 it also reaps what its pod's processes leave behind.
func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for s := range signals {
		if s != syscall.SIGCHLD {
			os.Exit(0)
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
GO
  build pause . >&2

  cd "$work/etcd"
  printf 'module localetcd\n\ngo 1.24.0\n\nrequire go.etcd.io/etcd/server/v3 v%s\n' "$etcd" >go.mod
  printf '//go:build tools\n\npackage tools\n\nimport _ "go.etcd.io/etcd/server/v3"\n' >tools.go
  go mod tidy >/dev/null 2>&1 || go mod tidy >&2
  build etcd go.etcd.io/etcd/server/v3 >&2

  # Kubernetes' own module says where its parts lie in its repository; here they are the modules that are published of them.
  cd "$work/kubernetes"
  sources=$(cd / && GOFLAGS= go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
  {
    printf 'module localkube\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$version"
    sed -n "s#^\t\(k8s.io/[a-z-]*\) => ./staging.*#\t\1 => \1 v0.${version#1.}#p" "$sources/go.mod"
    printf ')\n'
  } >go.mod
  {
    printf '//go:build tools\n\npackage tools\n\nimport (\n'
    for program in $programs; do printf '\t_ "k8s.io/kubernetes/cmd/%s"\n' "$program"; done
    printf ')\n'
  } >tools.go
  go mod tidy >/dev/null 2>&1 || go mod tidy >&2
  stamp=k8s.io/component-base/version
  for program in $programs; do
    build "$program" "k8s.io/kubernetes/cmd/$program" "-X $stamp.gitVersion=v$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=34" >&2
  done
  rm -rf "$work"
fi
printf '%s\n' "$home"
