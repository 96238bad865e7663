#!/usr/bin/env bash
# Publishes pacts. What is not given is found out by the command.
set -euo pipefail
arguments=()
[ -z "${VERSION:-}" ] || arguments+=(--consumer-app-version "$VERSION")
[ -z "${BRANCH:-}" ] || arguments+=(--branch "$BRANCH")
[ -z "${TAGS:-}" ] || arguments+=(--tag "$TAGS")
[ "${MERGE:-false}" != true ] || arguments+=(--merge)
while IFS= read -r path; do
  [ -z "$path" ] || arguments+=("$path")
done <<< "${PACTS:-pacts}"
exec billtest broker publish "${arguments[@]}"
