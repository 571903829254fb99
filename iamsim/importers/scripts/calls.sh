set -uo pipefail
out="${1:-aws-world}"

# get FILE ARGUMENTS...: the output of a call to a file; none where there is nothing to get.
get() {
  local file="$1" error
  shift
  mkdir -p "$(dirname "$file")"
  if error="$(aws "$@" --output json 2>&1 >"$file.part")" && [ -s "$file.part" ]; then
    mv "$file.part" "$file"
  else
    rm -f "$file.part"
    case "$error" in
      "" | *NoSuch* | *NotFound* | *"does not exist"*) ;;
      *) printf '%s: %s\n' "$file" "${error//$'\n'/ }" >&2 ;;
    esac
  fi
}

# each ARGUMENTS...: the texts that a call lists, one a line.
each() {
  local listed
  listed="$(aws "$@" --output text)" || printf 'not listed: %s\n' "$*" >&2
  printf '%s\n' "$listed" | tr '\t' '\n' | grep -v -e '^None$' -e '^$'
}

# name TEXT: a text as a part of a file name.
name() {
  local text="${1//%/%25}"
  text="${text//\//%2F}"
  printf '%s' "${text//:/%3A}"
}
