const { default: Sequencer } = require('@jest/test-sequencer');

// Those that take long begin first, so that none of them is left to run alone at the end. Figures of one run on two cores, seconds; a test
// that is not here takes less than any of these.
const LONG = [
  ['rights-matrix', 84],
  ['soak', 72],
  ['live-chaos', 65],
  ['two-worlds.property', 64],
  ['limits-cost', 56],
  ['live.test', 56],
  ['document-killed', 53],
  ['outside.test', 51],
  ['deadline-of-work', 42],
  ['live-frames', 42],
  ['road-model.property', 38],
  ['files-bucket', 38],
  ['import-killed', 38],
  ['oid-standing', 37],
  ['client-live', 33],
  ['steps.property', 32],
  ['export-large', 31],
  ['replicas', 31],
  ['live-limits', 31],
  ['lineage.property', 29],
  ['statements', 29],
  ['webhooks.test', 29],
  ['road-killed', 29],
  ['live-protocol', 28],
  ['commands.test', 27],
  ['webhooks-killed', 26],
  ['papers.test', 26],
  ['embedded', 26],
  ['withheld.property', 26],
  ['graphiql', 25],
];
const lengthOf = ({ path }) => LONG.find(([name]) => path.includes(`/${name}`))?.[1] ?? 0;

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((one, other) => lengthOf(other) - lengthOf(one) || one.path.localeCompare(other.path));
  }
};
