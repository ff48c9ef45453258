#!/bin/sh
# Questions and what is told, by curl alone.
#   LOTLINE_TOKEN=$(npx lotline token --analyst) sh questions.sh
set -eu
url=${LOTLINE_URL:-http://localhost:4000}

ask() {
  curl --silent --show-error --fail-with-body "$url/graphql" --header "Authorization: Bearer $LOTLINE_TOKEN" \
    --header 'Content-Type: application/json' --data "$1"
  echo
}

# Who am I, and which lots are there?
ask '{"query": "{ viewer { kind } lots(first: 3) { totalCount nodes { code quantity { kilograms } } } }"}'

# Where did this lot come from, and what is missing from its story?
ask '{"query": "query ($code: String!) { lot(code: $code) { origin { complete unknown countries { country kilograms } } trace(direction: BACK) { complete gaps(first: 5) { totalCount nodes { kind message rule } } } } }", "variables": {"code": "SOY-STOCKTON-1"}}'

# What happens to lots, for two seconds; the id of an event goes into the header Last-Event-ID of the next request.
curl --silent --no-buffer --max-time 2 --get "$url/graphql/stream" --header "Authorization: Bearer $LOTLINE_TOKEN" \
  --data-urlencode 'query=subscription { lotEvents { cursor sequence change { kind lot { code } } } }' || [ $? -eq 28 ]
