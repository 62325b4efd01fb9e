#!/usr/bin/env bash
# Evaluates the images that a branch has added or changed since it left another one; see action.yml. Run it in any folder of a checkout.
#
# Variables:
#   BASE             the commit or branch to compare with, as in origin/main
#   TASK_TYPE        the kind of generation that made the images
#   RUNFLOW_API_KEY  the API key
#   INSTRUCTIONS     what the judges should weigh or ignore; may be left out
#   PYTHON           a name or an absolute path of a Python that has runflow-client; by default python
#
# Exit status: that of ci_gate.py, 0 if no image was changed, 3 if a variable or the library is missing, or there is nothing to compare with.
set -euo pipefail

stop() {
  echo "The image gate cannot $1" >&2
  exit 3
}

if [ -z "${TASK_TYPE:-}" ]; then stop "evaluate: TASK_TYPE is not set. It is the kind of generation that made the images, as in product_photo."; fi
case "${BASE:-}" in
  '') stop "compare: there is no commit to compare with. Start the workflow by 'on: pull_request', or pass 'base' (the variable BASE)." ;;
  *[!0]*) ;;
  *) stop "compare: the commit to compare with is all zeros, as in the first push of a branch. Pass 'base', such as origin/main." ;;
esac
if ! commit="$(git rev-parse --quiet --verify --end-of-options "$BASE^{commit}")"; then
  stop "compare: the commit $BASE is not in this checkout. Check out with 'fetch-depth: 0', in the folder where the action runs."
fi
# What only the other branch has changed since is not an image of this one.
if ! start="$(git merge-base "$commit" HEAD)"; then
  stop "compare: this checkout does not have the commit that $BASE and HEAD have in common. Check out with 'fetch-depth: 0'."
fi
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
top="$(git rev-parse --show-toplevel)" || stop "compare: this folder has no checkout."
cd -- "$top" # git names files from there, and its patterns count from the current folder

# A file, not a pipe: the status of git would be lost.
list="$(mktemp)"
trap 'rm -f "$list"' EXIT
git diff --name-only -z --diff-filter=AMR "$start" HEAD -- \
  ':(icase)*.avif' ':(icase)*.bmp' ':(icase)*.gif' ':(icase)*.heic' ':(icase)*.heif' ':(icase)*.jpeg' \
  ':(icase)*.jpg' ':(icase)*.png' ':(icase)*.tif' ':(icase)*.tiff' ':(icase)*.webp' >"$list" || stop "compare: git diff failed."
images=()
while IFS= read -r -d '' image; do images+=("$image"); done <"$list"
if [ ${#images[@]} -eq 0 ]; then echo "No image was changed."; exit 0; fi
options=(--task-type "$TASK_TYPE")
if [ -n "${INSTRUCTIONS:-}" ]; then options+=(--instructions "$INSTRUCTIONS"); fi
python="${PYTHON:-python}"
# Without the library the program would end with 1, which says "rejected". -P: nothing is imported from the checkout.
"$python" -P -c 'import runflow_client' || stop "evaluate: $python is not Python 3.11 or newer with runflow-client."
# The names come after `--`: one of them may begin with a dash.
"$python" "$here/../ci_gate.py" "${options[@]}" -- "${images[@]}"
