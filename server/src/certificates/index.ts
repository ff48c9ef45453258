export { judgeClaims, releaseClaims } from './claim';
export * from './covers';
export { cutOffOfCertificate } from './deadlines';
export * from './deadlines-resolver';
export {
  reachedOf,
  reaches,
  settleDraws,
  standingsAfterHold,
  TOLD_PERCENTAGES,
  tellVolumes,
  type Volume,
  volumeOf,
  volumesOf,
} from './draws';
export { expireCertificate } from './expire';
export { freeOf } from './free';
export { htsOf, ImportCertificateFilter } from './list';
export {
  claimedOf,
  claimsBeside,
  claimsOf,
  drawnOn,
  historyOf,
  importCertificateById,
  linesOf,
  numberVisible,
  OPEN,
  openCertificatesOf,
  visibleImportCertificate,
} from './loaders';
export * from './mutations';
export { handOver } from './receiving';
export * from './record';
export * from './resolver';
export { commandsFrom, MOVES, REPORTED, ROAD, type RoadCommand, stepOf } from './road';
export { lockCertificates, type Standing, standsElsewhere } from './standing';
export { beforeItsHistory, ImportCertificateStepInput, takeStep, words } from './step';
