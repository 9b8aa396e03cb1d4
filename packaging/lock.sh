#!/usr/bin/env bash
# Renew the lock files from pyproject.toml: for every supported Python and system, with hashes.
# Run it from the root with uv on the PATH; to renew one package only: packaging/lock.sh -P numpy
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
  uv pip compile --quiet --universal --python-version 3.11 --group build \
    --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
    --custom-compile-command packaging/lock.sh pyproject.toml "$@"
}

lock "$@" --output-file requirements.lock
lock "$@" --extra dev --extra automl --constraint requirements.lock --output-file tests/requirements.lock
