#!/usr/bin/env bash
# Records that a version was deployed or released.
set -euo pipefail
arguments=(--pacticipant "$PACTICIPANT" --version "$VERSION" --environment "$TO_ENVIRONMENT")
if [ "${RELEASE:-false}" = true ]; then
  exec billtest broker record-release "${arguments[@]}"
fi
[ -z "${INSTANCE:-}" ] || arguments+=(--application-instance "$INSTANCE")
exec billtest broker record-deployment "${arguments[@]}"
