#!/usr/bin/env bash
# The last step of action.yml: checks what its inputs name, whatever the names look like.
#
# Reads INPUT_PATHS, INPUT_TYPE, INPUT_FAIL_ON, INPUT_FORMAT and INPUT_OUTPUT. Several lines of paths
# are a path each; a single line is split at its blanks.
set -euo pipefail

arguments=("--format=$INPUT_FORMAT" "--fail-on=$INPUT_FAIL_ON")
if [ -n "$INPUT_TYPE" ]; then arguments+=("--type=$INPUT_TYPE"); fi
if [ -n "$INPUT_OUTPUT" ]; then arguments+=("--output=$INPUT_OUTPUT"); fi

lines=()
while IFS= read -r line || [ -n "$line" ]; do
  line="${line#"${line%%[![:space:]]*}"}"
  line="${line%"${line##*[![:space:]]}"}"
  if [ -n "$line" ]; then lines+=("$line"); fi
done <<< "$INPUT_PATHS"

paths=("${lines[@]}")
if [ "${#lines[@]}" -eq 1 ]; then read -r -a paths <<< "${lines[0]}"; fi
if [ "${#paths[@]}" -eq 0 ]; then
  echo "error: the input \`paths\` names nothing" >&2
  exit 2
fi

# Behind `--` no name is an option.
exec iamsim validate "${arguments[@]}" -- "${paths[@]}"
