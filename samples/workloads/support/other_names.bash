# Sourced by `run` and tests/corpus/record: other names for what a workload's author called something.

# A word out of another one and a number, the same each time: "audit_log" and 7 make "siro_kegalu".
other_name() {
  local digits consonants=bdfgklmnprstvzhj vowels=aeio word='' n
  digits=$(printf '%s %s' "$1" "$2" | md5sum)
  for ((n = 0; n < 4 + 16#${digits:31:1} % 3; n++)); do
    word+=${consonants:16#${digits:2*n:1}:1}${vowels:16#${digits:2*n+1:1} % 4:1}
    ((n != 1)) || word+=_
  done
  echo "$word"
}

# Prints a sed script that renames the module, processes and tables of a workload's file.
other_names() {
  local file=$1 seed=$2 word
  grep -oP '(\{local, |ets:new\(|register\(|server\(|traffic:child\(|^-module\()\K[a-z][a-z_]*' "$file" |
    sort -u | while read -r word; do
      printf 's/\\b%s\\b/%s/g\n' "$word" "$(other_name "$word" "$seed")"
    done
}
