import {
  type Day,
  type FilingFault,
  type FilingSeverity,
  type Grams,
  type ImportCertificateStatus,
  type Parsed,
  parseCertificateNumber,
  parseContainer,
  parseEntryNumber,
  parseHts,
  quote,
  toKilograms,
} from '@lotline/schema';
import { amsFlagOf } from '../rules';

// Why a filing of an import certificate with customs would bounce, as a pure function of what is on record and what is about to be keyed.

/** What is typed; null where it is not given. */
export interface Keyed {
  certificateNumber: string | null;
  messageSet: string | null;
  entryNumber: string | null;
  container: string | null;
  hts: string | null;
}

export interface Filing {
  number: string | null;
  status: ImportCertificateStatus;
  hts: string;
  validFrom: Day | null;
  validTo: Day | null;
  left: Grams;
  /** Does the viewer see all that is drawn on it? Others are not told how much is left. */
  seesAll: boolean;
  kilograms: Grams;
  /** Code of each lot, and whether the certificate covers it; null of one that is not there. */
  lots: readonly ({ code: string; covered: boolean } | null)[];
  filedOn: Day;
  keyed: Keyed;
}

export interface Fault {
  code: FilingFault;
  severity: FilingSeverity;
  field: string | null;
  message: string;
  remedy: string;
}

const error = (code: FilingFault, field: string | null, message: string, remedy: string): Fault => ({
  code,
  severity: 'ERROR',
  field,
  message,
  remedy,
});
const warning = (...fault: Parameters<typeof error>): Fault => ({ ...error(...fault), severity: 'WARNING' });

/** What a certificate that stands there is no good for. */
const STANDING: Partial<Record<ImportCertificateStatus, (status: string) => Fault>> = {
  ...Object.fromEntries(
    ['REQUESTED', 'INFORMATION_ASKED', 'APPROVED', 'REJECTED', 'WITHDRAWN'].map((status) => [
      status,
      () => error('NOT_ISSUED', null, `the certificate is ${status} and has no number`, 'wait until the certifying agent has issued it'),
    ]),
  ),
  ISSUED: () =>
    warning(
      'NOT_HANDED_OVER',
      null,
      'the certificate is issued, and not handed over',
      'have the exporter hand it over before the entry is recorded',
    ),
  VOIDED: () => error('VOID', null, 'the certificate is void', 'ask the exporter for the one in its place'),
  HELD: () => error('HELD', null, 'goods under the certificate are held', 'wait until they are released'),
  SUSPENDED: () => error('SUSPENDED', null, 'the certificate may not be used for now', 'ask the certifying agent'),
  EXPIRED: () => error('EXPIRED', null, 'the period of the certificate is over', 'ask the exporter for another'),
};

/** Is a day within the period of a certificate? Not where nobody said when that ends. */
export const isInPeriod = ({ validFrom, validTo }: { validFrom: Day | null; validTo: Day | null }, day: Day): boolean =>
  validTo !== null && day <= validTo && (validFrom === null || day >= validFrom);

function ofPeriod({ validFrom, validTo, filedOn, status }: Filing): Fault[] {
  if (validTo !== null && filedOn > validTo && status !== 'EXPIRED')
    return [error('EXPIRED', 'asKeyed.filedOn', `the certificate was valid until ${validTo}`, 'ask the exporter for another')];
  if (validFrom !== null && filedOn < validFrom)
    return [
      error(
        'NOT_YET_VALID',
        'asKeyed.filedOn',
        `the certificate is valid from ${validFrom}`,
        'name the certificate that is valid on that day',
      ),
    ];
  return [];
}

/** The commonest mistakes of filers, first. */
const MISTAKES: readonly [FilingFault, RegExp][] = [
  ['DRAFT_NUMBER', /draft/i],
  ['NOP_ID_FOR_NUMBER', /^\d{10}$/],
  ['TEMPORARY_NUMBER', /^999-?999-?T$/i],
];

function ofNumber(typed: string | null, number: string | null): Fault[] {
  if (typed === null) return [];
  const field = 'asKeyed.certificateNumber';
  const parsed = parseCertificateNumber(typed);
  if (!parsed.ok) {
    const [code] = MISTAKES.find(([, pattern]) => pattern.test(typed.trim())) ?? ['NUMBER_MALFORMED' as const];
    return [error(code, field, parsed.wrong, parsed.remedy)];
  }
  if (number === null || parsed.value === number) return [];
  return [error('NUMBER_OF_ANOTHER', field, `the number of the certificate is ${number}`, `key in ${number}`)];
}

function ofMessageSet(typed: string | null): Fault[] {
  const set = typed?.trim().toUpperCase();
  if (set === undefined || set === 'OR2') return [];
  const field = 'asKeyed.messageSet';
  if (set === 'OR1')
    return [
      error(
        'WRONG_MESSAGE_SET',
        field,
        'OR1 is for certificates on paper, with their contingency code',
        'use OR2 for a certificate of the Organic Integrity Database',
      ),
    ];
  return [error('MESSAGE_SET_UNKNOWN', field, `there is no message set ${quote(typed!)} in the program AMS/OR`, 'use OR2')];
}

function ofCode(code: FilingFault, field: string, typed: string | null, parse: (text: string) => Parsed<string>): Fault[] {
  if (typed === null) return [];
  const parsed = parse(typed);
  return parsed.ok ? [] : [error(code, `asKeyed.${field}`, parsed.wrong, parsed.remedy)];
}

function ofHts({ keyed, hts, filedOn }: Filing): Fault[] {
  const parsed = keyed.hts === null ? null : parseHts(keyed.hts);
  const field = parsed === null ? null : 'asKeyed.hts';
  if (parsed && !parsed.ok) return [error('HTS_MALFORMED', field, parsed.wrong, parsed.remedy)];
  const entered = parsed?.value ?? hts;
  const faults: Fault[] = [];
  if (entered !== hts)
    faults.push(
      error('HTS_OF_ANOTHER', field, `the certificate is for HTS ${hts}`, 'enter the goods under the HTS code of their certificate'),
    );
  if (!amsFlagOf(entered, filedOn))
    faults.push(
      warning(
        'HTS_NOT_FLAGGED',
        field,
        `no flag AM7 or AM8 is on record for HTS ${entered} on ${filedOn}; the table holds the lines that published notices name, and not all`,
        'look the line up in the current list of ACE agency tariff codes',
      ),
    );
  return faults;
}

const ofLots = ({ lots }: Filing): Fault[] =>
  lots.flatMap((lot, place): Fault[] => {
    const field = `lots.${place}`;
    if (lot === null) return [error('LOT_UNKNOWN', field, 'there is no such lot', 'send the id of a lot, as an answer gave it')];
    if (lot.covered) return [];
    return [
      error(
        'LOT_NOT_COVERED',
        field,
        `the certificate does not cover lot ${quote(lot.code)}`,
        'name lots that stand on the certificate, by themselves or by their product',
      ),
    ];
  });

function ofMass({ left, seesAll, kilograms }: Filing): Fault[] {
  if (kilograms <= left) return [];
  const message = seesAll
    ? `${left > 0n ? `${toKilograms(left)} kg` : 'nothing'} of the certificate is left`
    : 'less than that of the certificate is left';
  return [error('MORE_THAN_IS_LEFT', 'kilograms', message, 'enter at most what is left, or have the certificate revised')];
}

/** Every reason why a filing would bounce, and what to look at again. */
export function faultsOf(filing: Filing): Fault[] {
  const { status, number, keyed, filedOn } = filing;
  const isOfItsPeriod = status === 'EXPIRED' && isInPeriod(filing, filedOn);
  const standing = isOfItsPeriod ? undefined : STANDING[status];
  return [
    ...(standing ? [standing(status)] : []),
    ...ofPeriod(filing),
    ...ofMass(filing),
    ...ofLots(filing),
    ...ofNumber(keyed.certificateNumber, number),
    ...ofMessageSet(keyed.messageSet),
    ...ofCode('ENTRY_NUMBER_WRONG', 'entryNumber', keyed.entryNumber, parseEntryNumber),
    ...ofCode('CONTAINER_WRONG', 'container', keyed.container, parseContainer),
    ...ofHts(filing),
  ];
}
