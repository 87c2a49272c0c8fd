#!/bin/sh
# kube-score, which judges objects of Kubernetes by good practice. Needs Go, and a minute of two cores.
name=kube-score version=v1.20.0 package=github.com/zegl/kube-score/cmd/kube-score
. "$(dirname "$0")/go-program.sh"
