export * from './covers';
export { handOver } from './hand-over';
export { htsOf, ImportCertificateFilter } from './list';
export { claimedOf, claimsBeside, historyOf, importCertificateById, linesOf, numberVisible, visibleImportCertificate } from './loaders';
export * from './mutations';
export * from './record';
export * from './resolver';
export { commandsFrom, MOVES, REPORTED, ROAD } from './road';
export { ImportCertificateStepInput, takeStep, words } from './step';
