import { Arrival, CertifierNotice } from '@lotline/schema';
import { type Viewer } from '../access';
import { noticeVisible } from '../customs';
import { alike, type BatchOf, grouped } from '../database';
import { seenFacts } from '../questions';

/** What was verified of what arrived, under certificates or of shipments, in the order in which it was recorded. */
const arrivalsOf = (noun: 'import_certificate' | 'shipment') =>
  seenFacts<Arrival & { of: string }, Arrival>(
    `select a.${noun} as of, a.${noun} as subject, a.id as fact, a.id as place, a.id, a.import_certificate as "importCertificateId", a.shipment as "shipmentId",
       a.made_by as "madeById", a.on_day as "onDay", a.at, a.answers, a.recorded_by as "recordedBy"
     from arrival a where a.${noun} = any($1) and a.retracted_by is null`,
    (row) => Object.assign(new Arrival(), row),
  );

export const arrivalsOfCertificates = arrivalsOf('import_certificate');
export const arrivalsOfShipments = arrivalsOf('shipment');

/** When certifiers were told of emergency actions, as viewers see it, earliest first. */
export const noticesToCertifiers: BatchOf<{ id: string; viewer: Viewer }, CertifierNotice[]> = async (reader, keys) => {
  const found = new Map<string, CertifierNotice[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const rows = await reader.query<CertifierNotice>(
      `select n.id, n.emergency_action as "emergencyActionId", n.on_day as "onDay", n.at, n.certifier as "certifierId", n.made_by as "madeById",
         n.recorded_by as "recordedBy", n.retracted_by as "retractedBy"
       from certifier_notice n where n.emergency_action = any($1) and n.retracted_by is null and ${noticeVisible(viewer)}
       order by n.on_day, n.at, n.id`,
      [ids],
    );
    const notices = rows.map((row) => Object.assign(new CertifierNotice(), row));
    grouped(ids, notices, ({ emergencyActionId }) => emergencyActionId).forEach((of, index) => {
      found.set(viewer.name + ids[index], of);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};
