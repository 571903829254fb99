set -uo pipefail
out="${1:-aws-world}"

# get FILE ARGUMENTS...: the output of a call to a file; none where there is nothing to get, and
# AWS's error where it refuses: what it should have said is unknown, then.
get() {
  local file="$1"
  shift
  mkdir -p "$(dirname "$file")"
  if error="$(aws "$@" --output json 2>&1 >"$file.part")"; then
    if [ -s "$file.part" ]; then mv "$file.part" "$file"; else rm -f "$file.part"; fi
  else
    rm -f "$file.part"
    case "$error" in
      *NoSuch* | *NotFound* | *"does not exist"*) ;;
      *) refused "$file" "${error:-there is no output}" ;;
    esac
  fi
}

# policy FILE ARGUMENTS...: the same of a call that prints a policy; that there is none is kept as
# AWS's error, for a policy that nothing tells of is unknown.
policy() {
  get "$@"
  [ -e "$1" ] || printf '%s\n' "${error:-An error occurred (NotFound): the output is empty}" >"$1"
}

# rows SERVICE CALL...: the items that a call lists, one a line, their values between tabs.
rows() {
  local listed
  mkdir -p "${dir:=$out}"
  if listed="$(aws "$@" --output text 2>"$out/.error")"; then
    printf '%s\n' "$listed" | grep -v -e '^None$' -e '^$'
  else
    printf 'not listed: %s\n' "$*" >&2
    refused "$dir/$2.$1.json" "$(cat "$out/.error")"
  fi
}

# each SERVICE CALL...: the texts that a call lists, one a line.
each() {
  rows "$@" | tr '\t' '\n' | grep -v -e '^None$' -e '^$'
}

# arn TEXT ARN: a text that is an ARN, or else the ARN that was made of it.
arn() {
  case "$1" in
    arn:*) printf '%s' "$1" ;;
    *) printf '%s' "$2" ;;
  esac
}

# refused FILE ERROR: keep an error where the output would stand.
refused() {
  [ -e "$1" ] || printf '%s\n' "$2" >"$1"
  printf '%s: %s\n' "$1" "${2//$'\n'/ }" >&2
}

# name TEXT: a text as a part of a file name.
name() {
  local text="${1//%/%25}"
  text="${text//\//%2F}"
  printf '%s' "${text//:/%3A}"
}

# seal: which files there are, and what they are, so that an import sees what is gone or changed.
seal() {
  local sum=(sha256sum)
  command -v sha256sum >/dev/null || sum=(shasum -a 256)
  (
    cd "$out" || exit
    rm -f .error
    find . -type f -name '*.json' -exec "${sum[@]}" {} + | LC_ALL=C sort -k 2 >SHA256SUMS
    printf '# %d files\n' "$(wc -l <SHA256SUMS)" >>SHA256SUMS
  )
}
