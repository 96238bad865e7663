#!/usr/bin/env bash
# Verifies the pacts of a broker, or the one that a webhook names, and publishes the results.
set -euo pipefail
arguments=(--provider-name "$PROVIDER" --provider-version "$VERSION")
if [ -n "${PROVIDER_URL:-}" ]; then
  arguments+=(--provider-url "$PROVIDER_URL")
else
  arguments+=(--mock)
fi
[ -z "${START:-}" ] || arguments+=(--start-command "$START")
[ -z "${READY_URL:-}" ] || arguments+=(--ready-url "$READY_URL")
[ -z "${STATE_CHANGE_URL:-}" ] || arguments+=(--state-change-url "$STATE_CHANGE_URL")
[ -z "${BRANCH:-}" ] || arguments+=(--provider-branch "$BRANCH")
[ -z "${BUILD_URL:-}" ] || arguments+=(--build-url "$BUILD_URL")
[ "${PUBLISH:-true}" != true ] || arguments+=(--publish)
if [ -n "${PACT_URL:-}" ]; then
  arguments+=(--webhook-callback-url "$PACT_URL")
else
  arguments+=(--enable-pending)
  [ -z "${SELECTORS:-}" ] || arguments+=(--consumer-version-selectors "$SELECTORS")
  [ -z "${WIP_SINCE:-}" ] || arguments+=(--include-wip-pacts-since "$WIP_SINCE")
fi
exec billtest-verify "${arguments[@]}"
