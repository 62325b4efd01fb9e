#!/usr/bin/env bash
# Evaluates the images that were added or changed since $BASE; see action.yml.
set -euo pipefail

stop() {
  echo "The image gate cannot compare: $1" >&2
  exit 3
}

case "${BASE:-}" in
  '') stop "there is no commit to compare with. Start the workflow by 'on: pull_request', or pass 'base'." ;;
  *[!0]*) ;;
  *) stop "the commit to compare with is all zeros, as in the first push of a branch. Pass 'base', such as origin/main." ;;
esac
if ! commit="$(git rev-parse --quiet --verify --end-of-options "$BASE^{commit}")"; then
  stop "the commit $BASE is not in this checkout. Check out with 'fetch-depth: 0', in the folder where the action runs."
fi

# A file, not a pipe: the status of git would be lost.
list="$(mktemp)"
trap 'rm -f "$list"' EXIT
git diff --name-only -z --diff-filter=AMR "$commit" HEAD -- \
  ':(icase)*.avif' ':(icase)*.bmp' ':(icase)*.gif' ':(icase)*.heic' ':(icase)*.heif' ':(icase)*.jpeg' \
  ':(icase)*.jpg' ':(icase)*.png' ':(icase)*.tif' ':(icase)*.tiff' ':(icase)*.webp' >"$list" || stop "git diff failed."
images=()
while IFS= read -r -d '' image; do images+=("$image"); done <"$list"
if [ ${#images[@]} -eq 0 ]; then echo "No image was changed."; exit 0; fi
options=(--task-type "$TASK_TYPE")
if [ -n "$INSTRUCTIONS" ]; then options+=(--instructions "$INSTRUCTIONS"); fi
# The names come after `--`: one of them may begin with a dash.
"${PYTHON:-python}" "$(dirname -- "${BASH_SOURCE[0]}")/../ci_gate.py" "${options[@]}" -- "${images[@]}"
