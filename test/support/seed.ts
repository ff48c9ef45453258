import fc from 'fast-check';

// Properties are tried with the same inputs on every run, so that a run that fails is about the change it was made for.
// New inputs are asked for: PROPERTY_SEED names a seed, or says `new`; PROPERTY_RUNS says how many.
const { PROPERTY_SEED = '20261126' } = process.env;
if (PROPERTY_SEED !== 'new') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(PROPERTY_SEED) });
