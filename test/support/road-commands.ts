import {
  type Certificate,
  type Code,
  type Fact,
  type Line,
  type Lot,
  OPERATIONS,
  type OperationName,
  type RoadModel,
  STEPS,
  type StepName,
  type Who,
} from './road-model';
import { certificateNumber } from './world';

// Commands of the road and of the lots, each as it is sent, with what the model says of it: refused for which reasons, or what it does and
// what the log tells of it.

/** What a run draws: which command, by whom, and numbers to choose by. */
export interface Draw {
  command: number;
  who: number;
  numbers: number[];
}

/** A command, as it is about to be given. */
export interface Attempt {
  name: string;
  who: Who;
  input: Record<string, unknown>;
  /** What is asked of the payload. */
  payload: string;
  /** Codes of all the reasons that it is refused for; none where it is carried out. */
  verdict: Code[];
  /** Carries it out in the model; the lines of the log that tell of it. */
  apply(payload: any): string[];
}

/** Global ids of what is there before a run begins, by name. */
export interface Ground {
  ids: Record<string, string>;
  /** Numbers things of all runs. */
  next(): number;
  taken: string[];
}

const DAYS = ['2025-01-10', '2025-01-11', '2025-01-12', '2025-01-13', '2025-01-14', '2025-01-15'];
const LONG_AGO = '2024-12-31';
const FAR_OFF = '2199-01-01';
const HOLDERS: readonly OperationName[] = ['EXPORTER', 'MILL', 'IMPORTER', 'LATER'];
export const EVERYBODY: readonly Who[] = [...OPERATIONS, 'ZZ1', 'ZZ2', 'ADMIN', 'ANALYST', 'NOBODY'];
const DAY_MS = 86_400_000;
export const dayAfter = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

class Choice {
  private at = 0;
  constructor(
    readonly model: RoadModel,
    readonly ground: Ground,
    private readonly draw: Draw,
  ) {}

  number(below: number): number {
    const { numbers } = this.draw;
    return numbers[this.at++ % numbers.length]! % below;
  }
  one = <Value>(of: readonly Value[]): Value => of[this.number(of.length)]!;
  rarely = (oneIn: number): boolean => this.number(oneIn) === oneIn - 1;
  mass = (): number => 10 * (1 + this.number(this.rarely(8) ? 12 : 4));
  /** Most often one on which lots are there. */
  day = (): string => (this.rarely(20) ? FAR_OFF : this.rarely(20) ? LONG_AGO : this.one(this.rarely(4) ? DAYS : DAYS.slice(2)));
  /** Most often whoever may. */
  who = (who: Who): Who => (this.draw.who % 5 > 0 ? who : EVERYBODY[Math.floor(this.draw.who / 5) % EVERYBODY.length]!);
  kilograms = (mass: number) => ({ value: String(mass), unit: 'KGM' });
  /** One that somebody has some of, most often. */
  holding(): { lot: Lot; holder: OperationName } | null {
    const { lots } = this.model;
    if (lots.length === 0) return null;
    const held = lots.flatMap((lot) => HOLDERS.flatMap((holder) => (this.model.held(lot, holder, FAR_OFF) > 0 ? [{ lot, holder }] : [])));
    return held.length > 0 && !this.rarely(6) ? this.one(held) : { lot: this.one(lots), holder: this.one(HOLDERS) };
  }
}

const codes = (...all: (Code | null | false | undefined)[]): Code[] =>
  [...new Set(all.filter((code): code is Code => typeof code === 'string'))].sort();
/** What comes first is told alone; where there is nothing of it, all of the rest. */
const first = (one: Code | null, ...rest: (Code | null | false | undefined)[]): Code[] => (one ? [one] : codes(...rest));

const NO_FACT = { output: null, offer: null, retracted: false, to: null };

/** What the uses of a new lot would be, and what is against them. */
function uses(choice: Choice, output: Lot, who: Who) {
  const { model } = choice;
  const input: object[] = [];
  const facts: Fact[] = [];
  const against: (Code | false)[] = [];
  for (let count = 1 + choice.number(2); count > 0; count--) {
    const lot = choice.holding()!.lot;
    const mass = choice.mass();
    const on = choice.rarely(3) ? choice.day() : null;
    input.push({ lot: lot.id, quantity: choice.kilograms(mass), ...(on && { on }) });
    const day = on ?? output.bornOn;
    if (!model.seesLot(who, lot, output.producer)) {
      against.push('NOT_FOUND');
      continue;
    }
    if (input.slice(0, -1).some((each) => JSON.stringify(each) === JSON.stringify(input.at(-1)))) {
      against.push('CONFLICT');
      continue;
    }
    const use: Fact = {
      ...NO_FACT,
      kind: 'USE',
      id: '',
      lot,
      from: output.producer,
      mass,
      on: day,
      recordedBy: who,
      parties: [output.producer],
      output,
    };
    const all = [...model.standing(lot), ...facts.filter((each) => each.lot === lot), use];
    against.push((day < lot.bornOn || on === FAR_OFF) && 'REFUSED', model.isShort(lot, output.producer, day, all) && 'REFUSED');
    facts.push(use);
  }
  return { input, facts, against };
}

type Build = (choice: Choice) => Attempt | null;

const born: Build = (choice) => {
  const { model, ground } = choice;
  const producer = choice.one(HOLDERS.slice(0, 2));
  const isMade = model.lots.length > 0 && choice.rarely(3);
  const taken = model.lots.filter((lot) => lot.producer === producer).map(({ code }) => code);
  const isTaken = taken.length > 0 && choice.rarely(12);
  const lot: Lot = {
    id: '',
    code: isTaken ? choice.one(taken) : `L-${ground.next()}`,
    producer,
    mass: 60 + choice.mass(),
    bornOn: choice.rarely(4) ? choice.day() : DAYS[0]!,
  };
  const who = choice.who(producer);
  const from = isMade ? uses(choice, lot, who) : { input: [], facts: [], against: [] };
  return {
    name: isMade ? 'recordTransformation' : 'recordHarvest',
    who,
    input: {
      producer: ground.ids[producer],
      product: ground.ids.product,
      code: lot.code,
      quantity: choice.kilograms(lot.mass),
      producedOn: lot.bornOn,
      ...(isMade && { inputs: from.input }),
    },
    payload: 'lot { id inputs { nodes { fact kilograms input { id } on } } }',
    verdict: first(model.mayActFor(who, producer), isTaken && 'CONFLICT', lot.bornOn === FAR_OFF && 'REFUSED', ...from.against),
    apply(payload) {
      lot.id = payload.lot.id;
      model.lots.push(lot);
      const recorded = [...payload.lot.inputs.nodes];
      for (const fact of from.facts) {
        const at = recorded.findIndex(
          ({ input, kilograms, on }: any) => input.id === fact.lot.id && kilograms === String(fact.mass) && (on ?? lot.bornOn) === fact.on,
        );
        fact.id = recorded.splice(at, 1)[0]!.fact;
        model.facts.push(fact);
      }
      return [`lot.born ${lot.id} ${lot.mass} of ${from.facts.map(({ mass }) => mass).join('+')}`];
    },
  };
};

const lost: Build = (choice) => {
  const { model, ground } = choice;
  const of = choice.holding();
  if (!of) return null;
  const { lot, holder } = of;
  const who = choice.who(holder);
  const fact: Fact = {
    ...NO_FACT,
    kind: 'LOSS',
    id: '',
    lot,
    from: holder,
    mass: choice.mass(),
    on: choice.day(),
    recordedBy: who,
    parties: [holder],
  };
  return {
    name: 'recordLoss',
    who,
    input: { lot: lot.id, holder: ground.ids[holder], kind: 'MOISTURE', quantity: choice.kilograms(fact.mass), on: fact.on },
    payload: 'fact',
    verdict: first(
      model.mayActFor(who, holder),
      fact.on === FAR_OFF && 'REFUSED',
      ...(model.seesLot(who, lot, holder)
        ? [
            fact.on < lot.bornOn && ('REFUSED' as const),
            model.isShort(lot, holder, fact.on, [...model.standing(lot), fact]) && ('REFUSED' as const),
          ]
        : ['NOT_FOUND' as const]),
    ),
    apply(payload) {
      model.facts.push({ ...fact, id: payload.fact });
      return [`lot.lost ${lot.id} ${fact.mass}`];
    },
  };
};

const treated: Build = (choice) => {
  const { model, ground } = choice;
  const of = choice.holding();
  if (!of) return null;
  const { lot, holder } = of;
  const who = choice.who(holder);
  const on = choice.day();
  const prohibited = choice.rarely(2);
  return {
    name: 'recordTreatment',
    who,
    input: { operation: ground.ids[holder], lot: lot.id, kind: 'FUMIGATION', prohibited, on },
    payload: 'treatment { fact }',
    verdict: first(
      model.mayActFor(who, holder),
      on === FAR_OFF && 'REFUSED',
      model.seesLot(who, lot, holder) ? (on < lot.bornOn || model.hadBy(lot, holder, on) === 0) && 'REFUSED' : 'NOT_FOUND',
    ),
    apply(payload) {
      const { fact: id } = payload.treatment;
      model.facts.push({ ...NO_FACT, kind: 'TREATMENT', id, lot, from: holder, mass: 0, on, recordedBy: who, parties: model.holders(lot) });
      return [`lot.treated ${lot.id} ${prohibited}`];
    },
  };
};

const offered: Build = (choice) => {
  const { model, ground } = choice;
  const of = choice.holding();
  if (!of) return null;
  const { lot, holder: sender } = of;
  const receiver = choice.one(HOLDERS);
  const who = choice.who(sender);
  const offer = { id: '', lot, sender, receiver, mass: choice.mass(), on: choice.day(), difference: null };
  const isMore = offer.mass > model.held(lot, sender, FAR_OFF) || offer.mass > model.held(lot, sender, offer.on);
  return {
    name: 'offerTransfer',
    who,
    input: {
      lot: lot.id,
      sender: ground.ids[sender],
      receiver: ground.ids[receiver],
      quantity: choice.kilograms(offer.mass),
      on: offer.on,
    },
    payload: 'transferOffer { id }',
    verdict: first(
      model.mayActFor(who, sender),
      (sender === receiver || offer.on === FAR_OFF) && 'REFUSED',
      model.seesLot(who, lot, sender) ? (offer.on < lot.bornOn || isMore) && 'REFUSED' : 'NOT_FOUND',
    ),
    apply(payload) {
      model.offers.push({ ...offer, id: payload.transferOffer.id });
      return [`lot.transfer-offered ${lot.id} ${offer.mass}`];
    },
  };
};

const received: Build = (choice) => {
  const { model } = choice;
  const open = model.offers.filter((each) => !model.transferOf(each));
  if (model.offers.length === 0) return null;
  const offer = open.length > 0 && !choice.rarely(6) ? choice.one(open) : choice.one(model.offers);
  const { lot, sender, receiver } = offer;
  const who = choice.who(receiver);
  const isDisputed = choice.rarely(3);
  const came = isDisputed ? choice.mass() : offer.mass;
  const on = choice.rarely(3) ? choice.day() : choice.one(DAYS.filter((day) => day >= offer.on));
  const mass = Math.min(came, offer.mass);
  const both = [sender, receiver];
  const fact: Fact = {
    ...NO_FACT,
    kind: 'TRANSFER',
    id: '',
    lot,
    from: sender,
    to: receiver,
    mass,
    on,
    recordedBy: who,
    parties: both,
    offer,
  };
  const judged = (): Code[] => {
    if (!model.seesOffer(who, offer)) return ['NOT_FOUND'];
    if (model.mayActFor(who, receiver)) return ['FORBIDDEN'];
    if (model.transferOf(offer)) return ['CONFLICT'];
    const isWrong = on === FAR_OFF || on < offer.on || (isDisputed && came === offer.mass);
    return codes((isWrong || model.isShort(lot, sender, on, [...model.standing(lot), fact])) && 'REFUSED');
  };
  return {
    name: isDisputed ? 'disputeTransfer' : 'acceptTransfer',
    who,
    input: { transferOffer: offer.id, on, ...(isDisputed && { quantity: choice.kilograms(came), reason: 'another scale' }) },
    payload: 'transferOffer { fact }',
    verdict: first(model.mayActFor(who, null), ...judged()),
    apply(payload) {
      model.facts.push({ ...fact, id: payload.transferOffer.fact });
      offer.difference = isDisputed ? came - offer.mass : null;
      return [`lot.transferred ${lot.id} ${mass}`, ...(isDisputed ? [`lot.transfer-disputed ${lot.id} ${came - offer.mass}`] : [])];
    },
  };
};

const retracted: Build = (choice) => {
  const { model } = choice;
  if (model.facts.length === 0) return null;
  const fact = choice.one(model.facts);
  const { kind, lot, from, to } = fact;
  const owner = kind === 'TREATMENT' ? null : (to ?? from);
  const who = choice.who(owner ?? fact.recordedBy);
  const isOurs = who === 'ADMIN' || who === fact.recordedBy || (owner !== null && !model.mayActFor(who, owner));
  const isBuiltOn = () => {
    if (kind !== 'TRANSFER') return false;
    const rest = model.standing(lot).filter((each) => each !== fact);
    const open = model.certificates.filter((each) => !['VOIDED', 'REJECTED', 'WITHDRAWN'].includes(model.statusOf(each)));
    const isClaimed = to === 'EXPORTER' && model.claimed(lot, open) > model.hadBy(lot, to, FAR_OFF) - fact.mass;
    return model.isShort(lot, to!, fact.on, rest) || isClaimed;
  };
  const judged = (): Code[] => {
    if (!model.seesFact(who, fact)) return ['NOT_FOUND'];
    if (fact.retracted) return ['CONFLICT'];
    return isOurs ? codes(isBuiltOn() && 'REFUSED') : ['FORBIDDEN'];
  };
  return {
    name: 'retractFact',
    who,
    input: { fact: fact.id, reason: 'written down twice' },
    payload: 'lot { id }',
    verdict: first(model.mayCommand(who), ...judged()),
    apply() {
      fact.retracted = true;
      if (kind === 'TRANSFER') fact.offer!.difference = null;
      if (kind === 'USE') return [`lot.inputs-declared ${fact.output!.id} 1`];
      return [`lot.fact-retracted ${lot.id} ${{ TRANSFER: 'TRANSFERRED', LOSS: 'LOST', TREATMENT: 'TREATED' }[kind]}`];
    },
  };
};

/** What a certificate is to cover, as it is sent, and what is against it. */
function covered(choice: Choice, who: Who, onBehalfOf: OperationName | null) {
  const { model, ground } = choice;
  const input: object[] = [];
  const lines: Line[] = [];
  const against: (Code | false)[] = [];
  const named = new Set<Lot | null>();
  const known = model.lots.filter((each) => model.seesLot(who, each, onBehalfOf));
  for (let count = Math.min(1 + choice.number(2), Math.max(known.length, 1)); count > 0; count--) {
    const fresh = choice.rarely(8) ? model.lots : known.filter((each) => !named.has(each));
    const lot = fresh.length === 0 || choice.rarely(8) ? null : choice.one(fresh);
    const mass = lot && choice.rarely(3) ? lot.mass : 20 * (1 + choice.number(choice.rarely(8) ? 8 : 4));
    input.push({ product: ground.ids.product, ...(lot && { lot: lot.id }), quantity: choice.kilograms(mass) });
    if (lot && !model.seesLot(who, lot, onBehalfOf)) {
      against.push('NOT_FOUND');
      continue;
    }
    against.push(named.has(lot) && 'CONFLICT');
    named.add(lot);
    if (lot && mass > lot.mass) against.push('REFUSED');
    else lines.push({ lot, mass, parties: new Set(['EXPORTER']) });
  }
  return { input, lines, against };
}

const requested: Build = (choice) => {
  const { model, ground } = choice;
  const who = choice.who('EXPORTER');
  const { input, lines, against } = covered(choice, who, 'EXPORTER');
  const consignee = choice.one(['LATER', 'STRANGER'] as const);
  const isLate = choice.rarely(12);
  return {
    name: 'requestImportCertificate',
    who,
    input: {
      exporter: ground.ids.EXPORTER,
      importer: ground.ids.IMPORTER,
      consignee: ground.ids[consignee],
      certifier: ground.ids.ZZ1,
      kind: 'SHIPMENT',
      origin: 'TR',
      destination: 'US',
      hts: '1201900010',
      standard: 'NOP',
      lines: input,
      ...(isLate && { neededBy: LONG_AGO }),
    },
    payload: 'importCertificate { id }',
    verdict: first(model.mayActFor(who, 'EXPORTER'), ...against, isLate && 'REFUSED'),
    apply({ importCertificate: { id } }) {
      const history = [{ status: 'REQUESTED' as const, by: 'EXPORTER' as const, reason: null, recipient: null, on: dayAfter(0) }];
      const parties = new Set<OperationName>(['EXPORTER']);
      model.certificates.push({ id, number: null, consignee, lines, history, revisions: [], parties });
      const told = lines.map(({ mass }) => mass).join('+');
      return [`import-certificate.recorded ${id} ${told}`, `import-certificate.status-changed ${id} null REQUESTED null`];
    },
  };
};

interface Step {
  input: object;
  against?: (Code | false)[];
  reason?: string;
  recipient?: OperationName;
  on?: string;
  apply?(): string[];
}

const lastDay = ({ history }: Certificate): string =>
  history
    .map(({ on }) => on)
    .sort()
    .at(-1)!;

/** What each step takes beside its certificate. */
const TAKES: Record<StepName, (choice: Choice, certificate: Certificate, who: Who) => Step> = {
  askForInformation: () => ({ input: { question: 'What did it weigh?' }, reason: 'What did it weigh?' }),
  answerInformation: () => ({ input: { answer: 'See the scale.' }, reason: 'See the scale.' }),
  withdrawImportCertificate: () => ({ input: { reason: 'sold elsewhere' }, reason: 'sold elsewhere' }),
  approveImportCertificate: () => ({ input: { reason: 'all is there' }, reason: 'all is there' }),
  rejectImportCertificate: () => ({ input: { reasons: ['too late', 'too much'] }, reason: 'too late; too much' }),
  issueImportCertificate: ({ model, ground, rarely, one }, certificate) => {
    const isTaken = ground.taken.length > 0 && rarely(8);
    const number = isTaken ? one(ground.taken) : certificateNumber(7, ground.next());
    const on = rarely(4) ? one([dayAfter(0), dayAfter(1), LONG_AGO, FAR_OFF]) : undefined;
    const isTooMuch = certificate.lines.some(
      ({ lot }) => lot && model.claimed(lot, [...model.certificates.filter(model.isClaiming), certificate]) > lot.mass,
    );
    return {
      input: { number, reason: 'all is still there', ...(on && { issued: on }) },
      reason: 'all is still there',
      against: [
        isTaken && 'CONFLICT',
        on !== undefined && (on === FAR_OFF || on < lastDay(certificate)) && 'REFUSED',
        isTooMuch && !isTaken && 'REFUSED',
      ],
      on,
      apply() {
        certificate.number = number;
        ground.taken.push(number);
        return [];
      },
    };
  },
  handOverImportCertificate: ({ ground, rarely, one }, certificate) => {
    const recipient = rarely(8) ? 'STRANGER' : one(['IMPORTER', 'BROKER'] as const);
    const on = rarely(8) ? one([LONG_AGO, FAR_OFF]) : one([lastDay(certificate), dayAfter(1)]);
    return {
      input: { recipient: ground.ids[recipient], on },
      against: [
        recipient === 'STRANGER' && 'REFUSED',
        certificate.history.at(-1)!.recipient === recipient && 'CONFLICT',
        (on === FAR_OFF || on < lastDay(certificate)) && 'REFUSED',
      ],
      on,
      recipient,
    };
  },
  reviseImportCertificate: (choice, certificate) => {
    const { model, ground, rarely, one } = choice;
    const consignee = rarely(3) ? one(['LATER', 'STRANGER'] as const) : null;
    const given = consignee === null || rarely(2) ? covered(choice, 'EXPORTER', 'EXPORTER') : null;
    const isNamed = consignee !== null && consignee !== certificate.consignee;
    const same = (a: Line, b: Line) => a.lot === b.lot && a.mass === b.mass;
    const added = given?.lines.filter((line) => !certificate.lines.some((old) => same(line, old))) ?? [];
    const gone = given ? certificate.lines.filter((old) => !given.lines.some((line) => same(line, old))) : [];
    const dropped = gone.filter((old) => !added.some((line) => line.lot === old.lot));
    const kept = certificate.lines.filter((old) => !gone.includes(old));
    const fields = [...(isNamed ? ['consignee'] : []), ...[...added, ...dropped].map(() => 'lines')];
    const against = [...(given?.against ?? []), fields.length === 0 && ('REFUSED' as const)];
    // Claims are judged last, as the law that they are.
    const others = model.certificates.filter((each) => each !== certificate && model.isClaiming(each));
    const isTooMuch = added.some(
      ({ lot }) => lot && model.claimed(lot, [...others, { ...certificate, lines: [...kept, ...added] }]) > lot.mass,
    );
    return {
      input: {
        reason: 'the draft survey',
        ...(consignee && { consignee: ground.ids[consignee] }),
        ...(given && { lines: given.input }),
      },
      against: against.some((code) => code) ? against : [isTooMuch && 'REFUSED'],
      apply() {
        certificate.lines = [...kept, ...added];
        certificate.consignee = consignee ?? certificate.consignee;
        certificate.revisions.push({ reason: 'the draft survey', fields });
        if (model.statusOf(certificate) === 'HANDED_OVER') model.tellReceivers(certificate);
        return [
          ...(added.length > 0 ? [`import-certificate.lines-added ${certificate.id} ${added.map(({ mass }) => mass).join('+')}`] : []),
          `import-certificate.revised ${certificate.id} ${fields.join('+')}`,
        ];
      },
    };
  },
  voidImportCertificate: () => ({ input: { reason: 'never shipped' }, reason: 'never shipped' }),
};

function stepped(name: StepName, choice: Choice): Attempt | null {
  const { model } = choice;
  const fitting = model.certificates.filter((each) => model.statusOf(each) in STEPS[name].leads);
  if (model.certificates.length === 0 || (fitting.length === 0 && !choice.rarely(6))) return null;
  const certificate = fitting.length > 0 && !choice.rarely(6) ? choice.one(fitting) : choice.one(model.certificates);
  const { by } = STEPS[name];
  const who = choice.who(by);
  const { input, against = [], reason = null, on, recipient = null, apply } = TAKES[name](choice, certificate, who);
  return {
    name,
    who,
    input: { importCertificate: certificate.id, ...input },
    payload: 'importCertificate { id }',
    verdict: first(model.mayStep(who, name, certificate), ...against),
    apply() {
      const from = model.statusOf(certificate);
      const told = apply?.() ?? [];
      if (name === 'reviseImportCertificate') return told;
      const status = (STEPS[name].leads as Record<string, (typeof certificate.history)[number]['status']>)[from]!;
      // A step that is made now is not before the one before it, which may have been on a day that has come further east only.
      const now = [dayAfter(0), lastDay(certificate)].sort().at(-1)!;
      certificate.history.push({ status, by, reason, recipient, on: on ?? now });
      if (name === 'handOverImportCertificate') model.tellReceivers(certificate);
      return [...told, `import-certificate.status-changed ${certificate.id} ${from} ${status} ${reason}`];
    },
  };
}

const step = (name: StepName, times = 1): Build[] => Array<Build>(times).fill((choice) => stepped(name, choice));

/** Every kind of command, as often as it is drawn; what leads to it stands behind what there is nothing for yet. */
const BUILDS: readonly Build[] = [
  ...step('rejectImportCertificate'),
  ...step('withdrawImportCertificate'),
  ...step('voidImportCertificate'),
  ...step('reviseImportCertificate', 6),
  ...step('handOverImportCertificate', 4),
  ...step('issueImportCertificate', 6),
  ...step('approveImportCertificate', 4),
  ...step('answerInformation'),
  ...step('askForInformation'),
  ...[requested, requested, retracted, retracted, received, received, received, received, offered, offered, lost, treated, born, born],
];
export const BUILD_COUNT = BUILDS.length;

/** The command of a draw, as things are: where there is nothing yet that it could be about, the next of which there is. */
export function attemptOf(model: RoadModel, ground: Ground, draw: Draw): Attempt {
  const begins = model.lots.length < 2 && draw.command % 2 === 0;
  for (let next = begins ? BUILDS.indexOf(born) : draw.command; ; next++) {
    const attempt = BUILDS[next % BUILDS.length]!(new Choice(model, ground, draw));
    if (attempt) return attempt;
  }
}

/** A step that the certificate which is furthest on its way might take next, where somebody may not take it. */
export function trespass(model: RoadModel, ground: Ground, draw: Draw, who: Who): Attempt | null {
  const certificate = [...model.certificates].sort((a, b) => b.history.length - a.history.length)[0];
  const names = (Object.keys(STEPS) as StepName[]).filter((name) => certificate && model.statusOf(certificate) in STEPS[name].leads);
  if (!certificate || names.length === 0) return null;
  const choice = new Choice(model, ground, draw);
  const name = choice.one(names);
  const reason = model.mayStep(who, name, certificate);
  if (!reason) return null;
  const { input } = TAKES[name](choice, certificate, who);
  return {
    name,
    who,
    input: { importCertificate: certificate.id, ...input },
    payload: 'importCertificate { id }',
    verdict: [reason],
    apply: () => [],
  };
}
