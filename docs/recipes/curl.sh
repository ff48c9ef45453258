#!/usr/bin/env bash
set -u
url=${LOTLINE_URL:-http://localhost:4000}
after=${AFTER:-}
query='subscription Lots { lotEvents { cursor change { kind on kilograms lot { code } } } }'

while true; do
  id='' data=''
  while IFS= read -r line || [[ $line ]]; do
    case $line in
      # The end of a stream, or an HTTP status with a body that says why.
      'data: {"errors"'*']}' | '{"errors"'*']}')
        echo "$line" >&2
        [[ $line == *'"retryable":true'* ]] || exit 1
        ;;
      'id: '*) id=${line#id: } ;;
      'data: {"data"'*) data=${line#data: } ;;
      # An event counts when the empty line behind it has come: what was cut before comes again.
      '')
        [[ $data && $data != *'"change":null'* ]] && echo "$data"
        [[ $id ]] && after=$id
        id='' data=''
        ;;
    esac
  done < <(
    curl --silent --show-error --no-buffer --get "$url/graphql/stream" --data-urlencode "query=$query" \
      --header "Authorization: Bearer ${LOTLINE_TOKEN:-}" ${after:+--header "Last-Event-ID: $after"} \
      --connect-timeout 10 --speed-limit 1 --speed-time "${SILENT_SECONDS:-45}"
  )
  sleep 1
done
