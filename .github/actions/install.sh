#!/usr/bin/env bash
# Builds the commands from the commit that the action was called at, once a job. Needs a Rust toolchain, which the
# runners of GitHub have.
set -euo pipefail
if command -v billtest > /dev/null && command -v billtest-verify > /dev/null; then
  exit 0
fi
source=$(cd "$(dirname "$0")/../.." && pwd)
cargo install --quiet --locked --path "$source" --bins --root "$RUNNER_TEMP/billtest"
echo "$RUNNER_TEMP/billtest/bin" >> "$GITHUB_PATH"
