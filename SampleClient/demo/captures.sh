#!/usr/bin/env bash
# Writes docs/captures: what the reference app shows, of the sample organisation on its last day, and of a hub with the
# committee and two phones of one branch. With chromium there are pictures of the HTML report too, light and dark, in both
# languages.
#
# usage: captures.sh DIR, where relay-client and relay-server are
set -euo pipefail
bin=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
out=$(realpath "$here/../../docs")/captures
schema=$here/../Organisation/Resources/organisation.schema.json
work=$(mktemp -d)
trap 'kill $hub 2>/dev/null || true; rm -rf "$work"' EXIT
hub=
mkdir -p "$out"
export LC_ALL=C.UTF-8 no_proxy='*'
day=2017-10-31
client() { "$bin/relay-client" "$@"; }

capture() { # NAME COMMAND...
  local name=$1
  shift
  { echo "\$ relay-client $*"; client "$@"; } >"$out/$name.txt"
}

# One file that belongs to no hub.
export RELAY_REPLICA="$work/branch.db"
for unit in C R1 B001; do client organisation generate --unit "$unit" --alone >/dev/null; done
capture sweep-progress sweep progress "$(client sweep list --csv | tr -d '\r' | awk -F, '$2 == "B001" { id = $7 } END { print id }')" --as-of $day
capture points-chart points chart 0002 --as-of $day
capture points-chart-zh points chart 0002 --as-of $day --lang zh
capture arrears dues arrears --as-of $day
capture report-reach-zh report reach --as-of $day --lang zh
capture request-explain request explain transfer_internal
capture help-zh dues pay --help --lang zh

# A hub, the committee, and two phones that write one number differently.
"$bin/relay-server" init --data "$work/hub" --schema "$schema" --grace-days 365 >/dev/null
"$bin/relay-server" serve --data "$work/hub" --listen 127.0.0.1:0 --port-file "$work/port" 2>"$work/hub.log" &
hub=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break || sleep 0.1; done
at() { RELAY_REPLICA="$work/$1.db" client "${@:2}"; }
join() { # NAME ROLE SCOPE...
  local name=$1 role=$2 scopes=()
  for scope in "${@:3}"; do scopes+=(--scope "$scope"); done
  at "$name" enroll --hub "http://127.0.0.1:$(cat "$work/port")" \
    --code "$("$bin/relay-server" device add --data "$work/hub" --name "$name" --role "$role" "${scopes[@]}")" >/dev/null
  at "$name" sync >/dev/null
}
for unit in C R1 B001; do at committee organisation generate --unit $unit --alone --share office >/dev/null; done
join committee committee '*'
id() { sqlite3 "$work/committee.db" "SELECT id FROM org_unit WHERE code = '$1'"; }
for phone in B001-phone B001-deputy; do
  join $phone branch "unit/$(id B001)" "below/$(id R1):r" "below/$(id C):r" everyone:r
done
at B001-phone organisation generate --unit B001 --alone --share field >/dev/null
for phone in B001-phone B001-deputy committee; do at $phone sync >/dev/null; done
point=$(sqlite3 "$work/B001-phone.db" "SELECT p.id FROM contact_point p JOIN member m ON m.id = p.member_id WHERE m.member_no = '0002' AND p.kind = 'mobile'")
at B001-phone member contact change "$point" value=000-0002-0011 --as "Secretary B001" >/dev/null
at B001-deputy member contact change "$point" value=000-0002-0010 --as "Deputy B001" >/dev/null
at B001-phone dues pay 0006 --months 3 >/dev/null
at B001-phone sync >/dev/null
export RELAY_REPLICA="$work/B001-deputy.db"
capture sync sync
capture inbox inbox
capture inbox-zh inbox --lang zh
capture status status
capture status-zh status --lang zh

command -v chromium >/dev/null || exit 0
export RELAY_REPLICA="$work/all.db"
client organisation generate >/dev/null
capture report-claims report claims --as-of $day
picture() { # NAME FILE SCHEME
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,900 \
    --blink-settings=preferredColorScheme=$([ "$3" = dark ] && echo 0 || echo 1) \
    --screenshot="$out/$1.png" "file://$2" >/dev/null 2>&1
}
for language in en zh; do
  client report html "$work/report-$language.html" --as-of $day --lang $language >/dev/null
  for scheme in light dark; do picture report-$language-$scheme "$work/report-$language.html" $scheme; done
done
# What the committee looks at first: who has not synced.
client report html "$work/devices.html" --report devices --as-of $day >/dev/null
picture report-devices "$work/devices.html" light
