#!/bin/sh
# What keeps AWS's documents in memory, and boto3 with it.
exec sh "$(dirname "$0")/python-tool.sh" 'moto[server]' 5.2.5 "${XDG_CACHE_HOME:-$HOME/.cache}/esteira/moto" moto_server
