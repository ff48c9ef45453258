import { connect } from './connect.mjs';

const { LOTLINE_URL = 'http://localhost:4000', LOTLINE_TOKEN, AFTER, SILENT_SECONDS } = process.env;

const LOTS = 'subscription Lots($after: Cursor) { lotEvents(after: $after) { cursor change { kind on kilograms lot { code } } } }';

connect(LOTLINE_URL, LOTLINE_TOKEN, SILENT_SECONDS).subscribe(
  { query: LOTS, variables: { after: AFTER } },
  {
    next({ data, errors }) {
      if (errors) stop(errors);
      if (data.lotEvents.change) console.log(JSON.stringify(data.lotEvents));
    },
    error: stop,
    complete() {},
  },
);

function stop(reason) {
  console.error(reason);
  process.exit(1);
}
