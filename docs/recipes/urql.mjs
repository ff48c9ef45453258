import { Client, subscriptionExchange } from '@urql/core';
import { connect } from './connect.mjs';

const { LOTLINE_URL = 'http://localhost:4000', LOTLINE_TOKEN, AFTER, SILENT_SECONDS } = process.env;

const LOTS = 'subscription Lots($after: Cursor) { lotEvents(after: $after) { cursor change { kind on kilograms lot { code } } } }';

const connection = connect(LOTLINE_URL, LOTLINE_TOKEN, SILENT_SECONDS);
const client = new Client({
  url: `${LOTLINE_URL}/graphql`,
  exchanges: [
    subscriptionExchange({
      forwardSubscription: (asked) => ({ subscribe: (sink) => ({ unsubscribe: connection.subscribe(asked, sink) }) }),
    }),
  ],
});

client.subscription(LOTS, { after: AFTER }).subscribe(({ data, error }) => {
  // First: beside an error urql gives the data of the message before once more.
  if (error) {
    console.error(error.networkError ?? error.graphQLErrors);
    process.exit(1);
  }
  if (data.lotEvents.change) console.log(JSON.stringify(data.lotEvents));
});
