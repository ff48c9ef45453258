import { type EventPayloads, type KeyScope, NoticeGiven, NoticeKind } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { additionVisible } from '../../access';
import { idsOf } from '../../questions';
import { anyOf, type Feed } from '../feed';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class NoticeFilter {
  @Field(() => [NoticeKind], { nullable: true, description: 'Of what.' })
  kinds?: NoticeKind[];

  @Field(() => [ID], { nullable: true, description: 'About these import certificates.' })
  importCertificates?: string[];

  @Field(() => [ID], { nullable: true, description: 'About these lots.' })
  lots?: string[];

  @Field(() => [ID], { nullable: true, description: 'About these shipments.' })
  shipments?: string[];
}

/** Which scope a key needs to hear of a noun. */
const SCOPES: Readonly<Record<NoticeGiven['noun'], KeyScope>> = {
  ImportCertificate: 'IMPORT_CERTIFICATES',
  EmergencyActionNotification: 'CUSTOMS_ENTRIES',
  Lot: 'LOTS',
  Shipment: 'SHIPMENTS',
};

interface Facts {
  subject: string;
  kind: NoticeKind;
  isToParties: boolean;
  isSeen: boolean;
}

/** What falls due, to whoever has what it is about. */
export const noticeFeed: Feed<NoticeGiven, Facts, NoticeFilter> = {
  field: 'noticeGiven',
  reads: new Set(['notice.given']),
  async find(reader, commands) {
    const given = commands.flatMap(({ position, at, events }) =>
      events
        .filter(({ type }) => type === 'notice.given')
        .map(({ subject, payload }) => ({ position, at, subject, payload: payload as EventPayloads['notice.given'] })),
    );
    const rows = await reader.query<{ id: string; rule: string; noun: NoticeGiven['noun']; isToParties: boolean }>(
      'select n.id, n.rule, n.noun, n.to_parties as "isToParties" from notice n where n.id = any($1)',
      [given.map(({ payload }) => payload.notice)],
    );
    const notices = new Map(rows.map((row) => [row.id, row]));
    return given.map(({ position, at, subject, payload: { notice, kind, due, message } }) => {
      const { rule, noun, isToParties } = notices.get(notice)!;
      return {
        position,
        answer: Object.assign(new NoticeGiven(), { noun, subject, at, kind, due: new Date(due), message, rule }),
        facts: { subject, kind, isToParties, isSeen: true },
        rights: [{ subject, fact: isToParties ? notice : null }],
        scope: SCOPES[noun],
      };
    });
  },
  async asSeenBy(viewer, reader, changes) {
    const rows = await reader.query<{ place: number }>(
      `select k.place from unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::boolean[]) as k(place, subject, at, to_parties)
       where k.to_parties or ${additionVisible(viewer, 'k.subject', 'k.at::date')}`,
      [
        changes.map((_, place) => place),
        changes.map(({ facts }) => facts.subject),
        changes.map(({ answer }) => answer.at),
        changes.map(({ facts }) => facts.isToParties),
      ],
    );
    const seen = new Set(rows.map(({ place }) => place));
    return changes.map(({ answer, facts }, place) => ({ answer, facts: { ...facts, isSeen: seen.has(place) } }));
  },
  fitter(filter) {
    const certificates = idsOf(filter?.importCertificates, 'ImportCertificate', 'filter.importCertificates');
    const lots = idsOf(filter?.lots, 'Lot', 'filter.lots');
    const shipments = idsOf(filter?.shipments, 'Shipment', 'filter.shipments');
    return ({ isSeen, kind, subject }) =>
      isSeen && anyOf<string>(filter?.kinds, kind) && anyOf(certificates, subject) && anyOf(lots, subject) && anyOf(shipments, subject);
  },
};
