#!/usr/bin/env bash
# Writes docs/captures: what the reference app shows, of the sample organisation, on its last day. Needs relay-client; with
# chromium there are pictures of the HTML report too, light and dark, in both languages.
#
# usage: captures.sh RELAY_CLIENT
set -euo pipefail
client=$(realpath "$1")
out=$(realpath "$(dirname "$0")/../../docs/captures")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RELAY_REPLICA="$work/branch.db" LC_ALL=C.UTF-8
day=2017-10-31

for unit in C R1 B001; do "$client" organisation generate --unit "$unit" --alone >/dev/null; done
capture() { # NAME COMMAND...
  local name=$1
  shift
  { echo "\$ relay-client $*"; "$client" "$@"; } >"$out/$name.txt"
}
capture sweep-progress sweep progress "$("$client" sweep list --csv | awk -F, '$2 == "B001" { id = $7 } END { print id }')" --as-of $day
capture points-chart points chart 0002 --as-of $day
capture points-chart-zh points chart 0002 --as-of $day --lang zh
capture arrears dues arrears --as-of $day
capture member-list member list --unit B001 --silent 3 --as-of $day
capture report-claims report claims --as-of $day
capture report-reach-zh report reach --as-of $day --lang zh
capture request-explain request explain transfer_internal
capture inbox inbox

command -v chromium >/dev/null || exit 0
export RELAY_REPLICA="$work/all.db"
"$client" organisation generate >/dev/null
for language in en zh; do
  "$client" report html "$work/report-$language.html" --as-of $day --lang $language >/dev/null
  for scheme in light dark; do
    dark=$([ $scheme = dark ] && echo --force-prefers-color-scheme=dark || true)
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,1500 $dark \
      --blink-settings=preferredColorScheme=$([ $scheme = dark ] && echo 0 || echo 1) \
      --screenshot="$out/report-$language-$scheme.png" "file://$work/report-$language.html" >/dev/null 2>&1
  done
done
