const { default: Sequencer } = require('@jest/test-sequencer');

// Those that take long begin first, so that none of them is left to run alone at the end. Figures of one run on two cores, seconds; a test
// that is not here takes less than any of these.
const LONG = [
  ['live-chaos', 75],
  ['soak', 70],
  ['limits-cost', 70],
  ['rights-matrix', 62],
  ['two-worlds.property', 50],
  ['document-killed', 48],
  ['outside.test', 45],
  ['live-frames', 43],
  ['export-large', 35],
  ['oid-standing', 31],
  ['identity', 30],
  ['embedded', 30],
  ['webhooks.test', 30],
  ['client-live', 29],
  ['import-killed', 29],
  ['replicas', 27],
  ['live-protocol', 27],
  ['webhooks-killed', 27],
  ['import-broken-papers', 27],
  ['recipes', 27],
  ['failover', 25],
  ['lineage.property', 24],
  ['standing.test', 24],
  ['steps.property', 23],
];
const lengthOf = ({ path }) => LONG.find(([name]) => path.includes(`/${name}`))?.[1] ?? 0;

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((one, other) => lengthOf(other) - lengthOf(one) || one.path.localeCompare(other.path));
  }
};
