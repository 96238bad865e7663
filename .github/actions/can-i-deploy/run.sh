#!/usr/bin/env bash
# Asks whether a version may go to an environment or, without one, be merged.
set -euo pipefail
arguments=(--pacticipant "$PACTICIPANT" --version "$VERSION")
arguments+=(--retry-while-unknown "${RETRIES:-0}" --retry-interval "${INTERVAL:-10}")
[ "${DRY_RUN:-false}" != true ] || arguments+=(--dry-run)
if [ -n "${TO_ENVIRONMENT:-}" ]; then
  exec billtest broker can-i-deploy "${arguments[@]}" --to-environment "$TO_ENVIRONMENT"
fi
exec billtest broker can-i-merge "${arguments[@]}"
