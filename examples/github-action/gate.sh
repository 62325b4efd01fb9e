#!/usr/bin/env bash
# Evaluates the images that were added or changed since $BASE; see action.yml.
set -euo pipefail
images=()
while IFS= read -r -d '' image; do images+=("$image"); done < <(
  git diff --name-only -z --diff-filter=AMR "$BASE" HEAD -- '*.avif' '*.jpeg' '*.jpg' '*.png' '*.webp'
)
if [ ${#images[@]} -eq 0 ]; then echo "No image was changed."; exit 0; fi
options=(--task-type "$TASK_TYPE")
if [ -n "$INSTRUCTIONS" ]; then options+=(--instructions "$INSTRUCTIONS"); fi
# The names come after `--`: one of them may begin with a dash.
exec "${PYTHON:-python}" "$(dirname -- "${BASH_SOURCE[0]}")/../ci_gate.py" "${options[@]}" -- "${images[@]}"
