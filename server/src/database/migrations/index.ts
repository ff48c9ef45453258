import { TheLog1764000000001 } from './1764000000001-the-log';
import { Nouns1764000000002 } from './1764000000002-nouns';
import { Laws1764000000003 } from './1764000000003-laws';
import { Rights1764000000004 } from './1764000000004-rights';
import { Transport1764000000005 } from './1764000000005-transport';
import { PapersAndCertificates1764000000006 } from './1764000000006-papers-and-certificates';
import { Search1764000000007 } from './1764000000007-search';
import { Live1764000000008 } from './1764000000008-live';
import { TransferOffers1764000000009 } from './1764000000009-transfer-offers';
import { Keys1764000000010 } from './1764000000010-keys';
import { Grants1764000000011 } from './1764000000011-grants';
import { AccessJournal1764000000012 } from './1764000000012-access-journal';
import { DatedClaims1764000000013 } from './1764000000013-dated-claims';
import { CertificateRoad1764000000014 } from './1764000000014-certificate-road';
import { Files1764000000015 } from './1764000000015-files';
import { TransferDifferences1764000000016 } from './1764000000016-transfer-differences';
import { Deadlines1764000000017 } from './1764000000017-deadlines';
import { PeriodClaims1764000000018 } from './1764000000018-period-claims';
import { LinksAndEndedOffers1764000000019 } from './1764000000019-links-and-ended-offers';
import { Reviews1764000000020 } from './1764000000020-reviews';
import { CustomsEntries1764000000021 } from './1764000000021-customs-entries';
import { HandedOn1764000000023 } from './1764000000023-handed-on';
import { Notices1764000000024 } from './1764000000024-notices';
import { OutsideEffects1764000000025 } from './1764000000025-outside-effects';
import { Arrival1764000000027 } from './1764000000027-arrival';
import { LostStanding1764000000028 } from './1764000000028-lost-standing';
import { OperationsAsked1764000000029 } from './1764000000029-operations-asked';
import { Webhooks1764000000030 } from './1764000000030-webhooks';
import { Needs1764000000035 } from './1764000000035-needs';
import { HowLotsAreUsed1764000000036 } from './1764000000036-how-lots-are-used';

/** Forward only, in this order. */
export const MIGRATIONS = [
  TheLog1764000000001,
  Nouns1764000000002,
  Laws1764000000003,
  Rights1764000000004,
  Transport1764000000005,
  PapersAndCertificates1764000000006,
  Search1764000000007,
  Live1764000000008,
  TransferOffers1764000000009,
  Keys1764000000010,
  Grants1764000000011,
  AccessJournal1764000000012,
  DatedClaims1764000000013,
  CertificateRoad1764000000014,
  Files1764000000015,
  TransferDifferences1764000000016,
  Deadlines1764000000017,
  PeriodClaims1764000000018,
  LinksAndEndedOffers1764000000019,
  Reviews1764000000020,
  CustomsEntries1764000000021,
  HandedOn1764000000023,
  Notices1764000000024,
  Arrival1764000000027,
  LostStanding1764000000028,
  OutsideEffects1764000000025,
  OperationsAsked1764000000029,
  Webhooks1764000000030,
  Needs1764000000035,
  HowLotsAreUsed1764000000036,
];
