#!/usr/bin/env bash
# The step of action.yml. Inputs come as variables, never as part of a command.
set -euo pipefail

mapfile -t paths < <(printf '%s' "$PATHS" | grep -v '^[[:space:]]*$' || true)
options=(--python "${PROJECT_PYTHON:-$(command -v python3)}")
if [ -n "${SINCE:-}" ]; then
  options+=(--since "$SINCE")
fi
options+=(-- "${paths[@]:-.}")

if [ -n "${SARIF:-}" ]; then
  # Findings are no failure here: the next run says them where people look.
  "$PILOTFISH" check --format sarif "${options[@]}" > "$SARIF" || code=$?
  if [ "${code:-0}" -gt 1 ]; then
    exit "$code"
  fi
fi
exec "$PILOTFISH" check --format github "${options[@]}"
