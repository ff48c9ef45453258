import { Database, LAWS } from '@lotline/server/database';
import { createDatabase } from '../support/lotline';

// Laws hold whoever writes: each is broken here by plain SQL, past every command.

const ID = (number: number) => `01920000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const [FARM, MILL, WHEAT, A, B, C, ONE, TWO] = [1, 2, 3, 4, 5, 6, 11, 12].map(ID);

let database: Database;
let drop: () => Promise<void>;
beforeAll(async () => {
  const created = await createDatabase();
  drop = created.drop;
  database = await Database.open(created.url);
  await database.query(`
    insert into certifier (id, code, name, schemes, recorded_by) values ('${ID(20)}', 'ZZA', 'Certifier', '{}', '${ONE}');
    insert into operation (id, identifier, name, country, roles, recorded_by) values ('${FARM}', 'F:1', 'Farm', 'UA', '{}', '${ONE}'), ('${MILL}', 'F:2', 'Mill', 'TR', '{}', '${ONE}');
    insert into product (id, name, hts, organic, recorded_by) values ('${WHEAT}', 'Wheat', '1001990000', true, '${ONE}');
    insert into operation_certificate (id, operation, certifier, standard, recorded_by) values ('${ID(21)}', '${FARM}', '${ID(20)}', 'NOP', '${ONE}');
    insert into operation_certificate_status (id, operation_certificate, status, effective_from, recorded_by) values ('${ID(22)}', '${ID(21)}', 'CERTIFIED', '2025-01-01', '${ONE}');
    insert into verified_product (status, product) values ('${ID(22)}', '${WHEAT}');
    insert into lot (id, code, producer, product, kind, grams, value, unit, country, recorded_by) values
      ('${A}', 'A', '${FARM}', '${WHEAT}', 'HARVEST', 1000, '1', 'KGM', 'UA', '${ONE}'),
      ('${B}', 'B', '${FARM}', '${WHEAT}', 'TRANSFORMATION', 1000, '1', 'KGM', 'UA', '${ONE}'),
      ('${C}', 'C', '${MILL}', '${WHEAT}', 'TRANSFORMATION', 1000, '1', 'KGM', 'UA', '${ONE}');
    insert into lot_input (id, output, input, holder, grams, value, unit, recorded_by) values
      ('${ID(31)}', '${B}', '${A}', '${FARM}', 100, '100', 'GRM', '${ONE}'), ('${ID(32)}', '${C}', '${B}', '${MILL}', 100, '100', 'GRM', '${ONE}');
    insert into transfer (id, lot, sender, receiver, grams, on_day, recorded_by) values ('${ID(41)}', '${A}', '${FARM}', '${MILL}', 5, '2025-01-01', '${ONE}');
    insert into transfer_offer (id, lot, sender, receiver, grams, value, unit, on_day, recorded_by) values ('${ID(42)}', '${A}', '${FARM}', '${MILL}', 5, '5', 'GRM', '2025-01-01', '${ONE}');
    insert into transfer (id, lot, sender, receiver, grams, on_day, offer, recorded_by) values ('${ID(43)}', '${A}', '${FARM}', '${MILL}', 5, '2025-01-02', '${ID(42)}', '${ONE}');
    insert into transfer_difference (id, transfer, grams, value, unit, reason, recorded_by) values ('${ID(44)}', '${ID(43)}', -1, '4', 'GRM', 'by the scale', '${ONE}');
    insert into transfer_offer (id, lot, sender, receiver, grams, value, unit, on_day, recorded_by) values ('${ID(45)}', '${A}', '${FARM}', '${MILL}', 5, '5', 'GRM', '2025-01-01', '${ONE}'), ('${ID(47)}', '${A}', '${FARM}', '${MILL}', 5, '5', 'GRM', '2025-01-01', '${ONE}');
    ${offerEnd(ID(45), 'DECLINED', ID(46))};
    insert into lot_adjustment (id, lot, holder, kind, grams, value, unit, on_day, recorded_by) values ('${ID(51)}', '${A}', '${FARM}', 'SAMPLE', 1, '1', 'GRM', '2025-01-01', '${ONE}');
    insert into holding (lot, owner, grams) values ('${A}', '${FARM}', 894);
    insert into shipment (id, reference, shipper, consignee, recorded_by) values ('${ID(61)}', 'S-1', '${FARM}', '${MILL}', '${ONE}');
    insert into shipment_leg (id, shipment, sequence, mode, from_name, to_name, recorded_by) values ('${ID(62)}', '${ID(61)}', 1, 'ROAD', 'here', 'there', '${ONE}');
    ${document('INV-1', 'INVOICE', 'YES', ID(71))};
    ${certificate('999-0000000001-000001', {}, ID(72))};
    insert into import_certificate_status (id, import_certificate, sequence, status, on_day, recorded_by) values ('${ID(73)}', '${ID(72)}', 1, 'ISSUED', '2025-01-01', '${ONE}');
    ${certificateRevision(1, ID(78))};
    ${certificateLine(600, ID(74))};
    ${entry('ABC-1234567-6', ID(75))};
    ${entryLine({}, ID(76))};
    ${action('EAN-1', `'${A}'`, 'null', ID(77))};
    ${link(`'${A}'`, 'null')};
    ${document('INV-KEPT', 'INVOICE', 'YES', ID(78))};
    insert into event (command, ordinal, type, version, subject, payload) values ('${ONE}', 0, 'lot.born', 1, '${A}', '{}');
    insert into command (id, position, type, at, by, key, input_hash) values ('${ONE}', 1, 'test', now(), 'test', 'k', '');`);
});
afterAll(async () => {
  await database.close();
  await drop();
});

const NEW = 'gen_random_uuid()';
const quoted = (id: string) => (id === NEW ? id : `'${id}'`);
const offerEnd = (of: string, kind: string, id = NEW) =>
  `insert into transfer_offer_end (id, offer, kind, on_day, recorded_by) values (${quoted(id)}, '${of}', '${kind}', '2025-01-02', '${ONE}')`;
const input = (output: string, used: string, by: string, grams = 1) =>
  `insert into lot_input (id, output, input, holder, grams, value, unit, recorded_by) values (gen_random_uuid(), '${output}', '${used}', '${FARM}', ${grams}, '1', 'GRM', '${by}')`;
const lot = (code: string, grams: string, kind = 'HARVEST') =>
  `insert into lot (id, code, producer, product, kind, grams, value, unit, country, recorded_by) values (gen_random_uuid(), '${code}', '${FARM}', '${WHEAT}', '${kind}', ${grams}, '1', 'KGM', 'UA', '${TWO}')`;

const key = (scopes: string, hash = "decode(repeat('00', 32), 'hex')") =>
  `insert into api_key (id, operation, name, hash, scopes, created_at, expires_at, recorded_by) values (gen_random_uuid(), '${FARM}', 'Key', ${hash}, array[${scopes}]::text[], now(), now(), '${TWO}')`;
const assignment = (scopes: string, broker = MILL, until = "now() + interval '1 day'") =>
  `insert into broker_assignment (id, importer, broker, scopes, valid_from, valid_until, recorded_by) values (gen_random_uuid(), '${FARM}', '${broker}', array[${scopes}]::text[], now(), ${until}, '${TWO}')`;
const audit = (directions: string, until = "now() + interval '90 days'") =>
  `insert into audit_grant (id, certifier, lot, directions, reason, granted_at, valid_until, recorded_by) values (gen_random_uuid(), '${ID(20)}', '${A}', array[${directions}]::text[], 'why', now(), ${until}, '${TWO}')`;
const access = (act: string, times = 1) =>
  `insert into access_record (id, likeness, at, last_at, times, act, viewer_kind, cut) values (gen_random_uuid(), '${ID(90)}', now(), now(), ${times}, '${act}', 'NOBODY', false)`;
const offer = (receiver: string, grams: number) =>
  `insert into transfer_offer (id, lot, sender, receiver, grams, value, unit, on_day, recorded_by) values (gen_random_uuid(), '${A}', '${FARM}', '${receiver}', ${grams}, '1', 'GRM', '2025-01-01', '${TWO}')`;

const leadTime = (from: string, days: number) =>
  `insert into certifier_lead_time (id, certifier, from_day, business_days, recorded_by) values (gen_random_uuid(), '${ID(20)}', '${from}', ${days}, '${ONE}')`;
const difference = (transfer: string, grams: number) =>
  `insert into transfer_difference (id, transfer, grams, value, unit, reason, recorded_by) values (gen_random_uuid(), '${transfer}', ${grams}, '1', 'GRM', 'why', '${TWO}')`;
const leg = (sequence: number, mode: string, container: string | null = null) =>
  `insert into shipment_leg (id, shipment, sequence, mode, from_name, to_name, container, recorded_by)
   values (gen_random_uuid(), '${ID(61)}', ${sequence}, '${mode}', 'here', 'there', ${container ? `'${container}'` : 'null'}, '${TWO}')`;
const treatment = (kind: string, of: string, shipment: string) =>
  `insert into treatment (id, kind, on_day, lot, shipment, prohibited, recorded_by) values (gen_random_uuid(), '${kind}', '2025-01-01', ${of}, ${shipment}, false, '${TWO}')`;

const document = (number: string, type = 'INVOICE', marked = 'YES', id = NEW, sha256 = 'null') =>
  `insert into document (id, type, number, issuer, keeper, issued_on, marked_organic, sha256, recorded_by) values (${quoted(id)}, '${type}', '${number}', '${FARM}', '${FARM}', '2025-01-01', '${marked}', ${sha256}, '${ONE}')`;
const HASH = 'a'.repeat(64);
const file = (sha256: string, bytes = 1) =>
  `insert into stored_file (sha256, bytes, type, stored_at) values ('${sha256}', ${bytes}, 'text/plain', now())`;
const link = (lot: string, shipment: string) =>
  `insert into document_link (id, document, lot, shipment, recorded_by) values (gen_random_uuid(), '${ID(71)}', ${lot}, ${shipment}, '${ONE}')`;
const certificate = (number: string, of: { kind?: string; hts?: string; to?: string; grams?: number }, id = NEW) =>
  `insert into import_certificate (id, number, kind, exporter, importer, certifier, hts, valid_from, valid_to, grams, recorded_by) values
    (${quoted(id)}, '${number}', '${of.kind ?? 'SHIPMENT'}', '${FARM}', '${MILL}', '${ID(20)}', '${of.hts ?? '1001990000'}', '2025-01-01', '${of.to ?? '2025-02-01'}', ${of.grams ?? 5}, '${ONE}')`;
const certificateStatus = (sequence: number, status: string) =>
  `insert into import_certificate_status (id, import_certificate, sequence, status, recorded_by) values (gen_random_uuid(), '${ID(72)}', ${sequence}, '${status}', '${TWO}')`;
const certificateRevision = (sequence: number, id = NEW) =>
  `insert into import_certificate_revision (id, import_certificate, sequence, on_day, at, made_by, reason, changes, recorded_by) values (${quoted(id)}, '${ID(72)}', ${sequence}, '2025-01-02', now(), '${ID(20)}', 'why', '[]', '${ONE}')`;
const effect = (change: { system?: string; what?: string; state?: string; sequence?: number; settled?: string } = {}) =>
  `insert into outside_effect (id, system, what, noun, subject, sequence, body, since, state, attempts, settled_at, recorded_by) values (gen_random_uuid(),
   '${change.system ?? 'ORGANIC_INTEGRITY_DATABASE'}', '${change.what ?? 'ISSUE'}', 'ImportCertificate', '${ID(72)}', ${change.sequence ?? 1}, '{}', now(),
   '${change.state ?? 'WAITING'}', 0, ${change.settled ?? 'null'}, '${TWO}')`;
const webhook = (state = 'ACTIVE') =>
  `insert into webhook (id, owner, owner_kind, url, query, secret, state, created_at, recorded_by)
   values ('${ID(99)}', 'analyst', 'ANALYST', 'https://example.com/', 'subscription', '\\x00', '${state}', now(), '${ONE}')`;
const delivery = (change: { state?: string; settled?: string } = {}) =>
  `insert into webhook_delivery (id, webhook, sequence, message_id, subject, is_public, body, since, state, attempts, settled_at)
   values (gen_random_uuid(), '${ID(99)}', 1, 'msg_1', 'lot', true, '{}', now(), '${change.state ?? 'WAITING'}', 0, ${change.settled ?? 'null'})`;
const review = (reader: string) =>
  `insert into import_certificate_review (id, import_certificate, status, reader, at, findings, recorded_by) values (gen_random_uuid(), '${ID(72)}', '${ID(73)}', '${reader}', now(), '[]', '${ONE}')`;
const stepMade = (status: string, of = ID(72), sequence = 2) =>
  `insert into import_certificate_status (id, import_certificate, sequence, status, made_by, recorded_by) values (gen_random_uuid(), '${of}', ${sequence}, '${status}', '${FARM}', '${TWO}')`;
const certificateLine = (grams: number, id = NEW) =>
  `insert into import_certificate_line (id, import_certificate, product, lot, grams, value, unit, recorded_by) values (${quoted(id)}, '${ID(72)}', '${WHEAT}', '${A}', ${grams}, '1', 'GRM', '${ONE}')`;
const entry = (number: string, id = NEW) =>
  `insert into customs_entry (id, number, filed_on, recorded_by) values (${quoted(id)}, '${number}', '2025-01-01', '${ONE}')`;
const entryLine = (of: { line?: number; hts?: string; grams?: number; madeBy?: string }, id = NEW) =>
  `insert into customs_entry_line (id, entry, line, import_certificate, hts, grams, value, unit, made_by, recorded_by) values
    (${quoted(id)}, '${ID(75)}', ${of.line ?? 1}, '${ID(72)}', '${of.hts ?? '1001990000'}', ${of.grams ?? 5}, '5', 'GRM', ${of.madeBy ? `'${of.madeBy}'` : 'null'}, '${ONE}')`;
const entryChange = (sequence: number, act: string) =>
  `insert into customs_entry_change (id, entry, sequence, act, on_day, at, made_by, reason, recorded_by) values (gen_random_uuid(), '${ID(75)}', ${sequence}, '${act}', '2025-01-02', now(), '${MILL}', 'why', '${TWO}')`;
const action = (number: string, lot: string, shipment: string, id = NEW) =>
  `insert into emergency_action (id, number, on_day, ordered, lot, shipment, recorded_by) values (${quoted(id)}, '${number}', '2025-01-01', 'hold', ${lot}, ${shipment}, '${ONE}')`;
const disposition = (kind: string, grams: string) =>
  `insert into disposition (id, emergency_action, kind, grams, recorded_by) values (gen_random_uuid(), '${ID(77)}', '${kind}', ${grams}, '${ONE}')`;

const noticePolicy = (hours: number) =>
  `insert into notice_policy (id, operation, from_day, hours, recorded_by) values (gen_random_uuid(), '${FARM}', '2025-01-01', ${hours}, '${ONE}')`;
const notice = `insert into notice (id, kind, noun, subject, to_parties, due, at, message, rule, recorded_by) values (gen_random_uuid(), 'PERIOD_ENDS', 'ImportCertificate', '${ID(72)}', false, '2025-01-01', now(), 'it ends', 'a rule', '${ONE}')`;

const BREACHES: [law: string, how: string, sql: string][] = [
  [
    'certifier_code_unique',
    'a second certifier of a code',
    `insert into certifier (id, code, name, schemes, recorded_by) values (gen_random_uuid(), 'ZZA', 'Other', '{}', '${TWO}')`,
  ],
  [
    'operation_identifier_unique',
    'a second operation of an identifier',
    `insert into operation (id, identifier, name, country, roles, recorded_by) values (gen_random_uuid(), 'F:1', 'X', 'UA', '{}', '${TWO}')`,
  ],
  [
    'product_name_unique',
    'a second product of a name',
    `insert into product (id, name, hts, organic, recorded_by) values (gen_random_uuid(), 'Wheat', '1', true, '${TWO}')`,
  ],
  [
    'operation_certificate_unique',
    'a second certificate of a standard',
    `insert into operation_certificate (id, operation, certifier, standard, recorded_by) values (gen_random_uuid(), '${FARM}', '${ID(20)}', 'NOP', '${TWO}')`,
  ],
  [
    'one_status_per_certificate_and_day',
    'two standings from one day',
    `insert into operation_certificate_status (id, operation_certificate, status, effective_from, recorded_by) values (gen_random_uuid(), '${ID(21)}', 'REVOKED', '2025-01-01', '${TWO}')`,
  ],
  [
    'operation_certificate_status_known',
    'a standing that does not exist',
    `insert into operation_certificate_status (id, operation_certificate, status, effective_from, recorded_by) values (gen_random_uuid(), '${ID(21)}', 'FINE', '2025-02-01', '${TWO}')`,
  ],
  ['lot_code_unique_within_producer', 'a second lot of a code', lot('A', '1')],
  ['lot_mass_above_zero', 'a lot of nothing', lot('NEW', '0')],
  ['lot_mass_above_zero', 'a lot of more than 10^15 g', lot('NEW', '1000000000000001')],
  ['lot_kind_known', 'a kind of lot that does not exist', lot('NEW', '1', 'MIRACLE')],
  ['lot_input_mass_above_zero', 'an input of nothing', input(C!, A!, ONE!, 0)],
  [
    'transfer_mass_above_zero',
    'a transfer of less than nothing',
    `insert into transfer (id, lot, sender, receiver, grams, on_day, recorded_by) values (gen_random_uuid(), '${A}', '${FARM}', '${MILL}', -5, '2025-01-01', '${TWO}')`,
  ],
  [
    'transfer_between_two_operations',
    'a transfer to oneself',
    `insert into transfer (id, lot, sender, receiver, grams, on_day, recorded_by) values (gen_random_uuid(), '${A}', '${FARM}', '${FARM}', 5, '2025-01-01', '${TWO}')`,
  ],
  [
    'lot_adjustment_mass_above_zero',
    'a loss of nothing',
    `insert into lot_adjustment (id, lot, holder, kind, grams, value, unit, on_day, recorded_by) values (gen_random_uuid(), '${A}', '${FARM}', 'SAMPLE', 0, '0', 'GRM', '2025-01-01', '${TWO}')`,
  ],
  [
    'lot_adjustment_kind_known',
    'a kind of loss that does not exist',
    `insert into lot_adjustment (id, lot, holder, kind, grams, value, unit, on_day, recorded_by) values (gen_random_uuid(), '${A}', '${FARM}', 'THEFT', 1, '1', 'GRM', '2025-01-01', '${TWO}')`,
  ],
  ['holding_not_below_floor', 'more taken out of a holding than is there', `update holding set grams = grams - 895 where lot = '${A}'`],
  ['holding_floor_not_above_zero', 'a floor above zero', `update holding set floor = 1 where lot = '${A}'`],
  ['no_circle_of_lots', 'a lot made of itself', input(A!, A!, ONE!)],
  ['no_circle_of_lots', 'an input at birth that was born after', input(B!, C!, ONE!)],
  ['no_circle_of_lots', 'a late input that closes a circle', input(A!, C!, TWO!)],
  [
    'no_circle_of_lots',
    'late inputs that close a circle among themselves',
    `insert into lot_input (id, output, input, holder, grams, value, unit, recorded_by) values
    (gen_random_uuid(), '${A}', '${B}', '${FARM}', 1, '1', 'GRM', '${TWO}'), (gen_random_uuid(), '${C}', '${A}', '${FARM}', 1, '1', 'GRM', '${TWO}')`,
  ],
  [
    'shipment_reference_unique_within_shipper',
    'a second shipment of a reference',
    `insert into shipment (id, reference, shipper, consignee, recorded_by) values (gen_random_uuid(), 'S-1', '${FARM}', '${MILL}', '${TWO}')`,
  ],
  ['api_key_hash_well_formed', 'a key kept as it is', key("'LOTS'", "'secret'")],
  ['api_key_scopes_known', 'a key to everything', key("'EVERYTHING'")],
  ['api_key_scopes_known', 'a key to nothing', key('')],
  ['broker_assignment_scopes_known', 'a broker for everything', assignment("'EVERYTHING'")],
  ['broker_assignment_scopes_known', 'a broker for nothing', assignment('')],
  ['broker_assignment_between_two_operations', 'a broker of its own', assignment("'LOTS'", FARM)],
  ['broker_assignment_begins_before_it_ends', 'an assignment that ends as it begins', assignment("'LOTS'", MILL, 'now()')],
  ['audit_grant_directions_known', 'an audit sideways', audit("'SIDEWAYS'")],
  ['audit_grant_directions_known', 'an audit nowhere', audit('')],
  ['audit_grant_ends_within_90_days', 'an audit for ever', audit("'BACK'", "now() + interval '90 days 1 second'")],
  ['audit_grant_ends_within_90_days', 'an audit that is over', audit("'BACK'", 'now()')],
  [
    'party_noun_known',
    'a party to what is no noun',
    `insert into party (operation, subject, noun, fact, recorded_by) values ('${FARM}', '${A}', 'cat', '${ID(99)}', '${TWO}')`,
  ],
  ['transfer_offer_mass_above_zero', 'an offer of nothing', offer(MILL!, 0)],
  ['transfer_offer_between_two_operations', 'an offer to oneself', offer(FARM!, 1)],
  [
    'one_transfer_per_offer',
    'an offer accepted twice',
    `insert into transfer (id, lot, sender, receiver, grams, on_day, offer, recorded_by) values (gen_random_uuid(), '${A}', '${FARM}', '${MILL}', 5, '2025-01-03', '${ID(42)}', '${TWO}')`,
  ],
  ['transfer_offer_end_kind_known', 'an offer forgotten', offerEnd(ID(47), 'FORGOTTEN')],
  ['one_end_per_offer', 'an offer declined and withdrawn', offerEnd(ID(45), 'WITHDRAWN')],
  ['offer_is_answered_once', 'an accepted offer withdrawn', offerEnd(ID(42), 'WITHDRAWN')],
  [
    'offer_is_answered_once',
    'a declined offer accepted',
    `insert into transfer (id, lot, sender, receiver, grams, on_day, offer, recorded_by) values (gen_random_uuid(), '${A}', '${FARM}', '${MILL}', 5, '2025-01-03', '${ID(45)}', '${TWO}')`,
  ],
  ['fact_is_never_edited', 'an end of an offer for another reason', `update transfer_offer_end set reason = 'none' where id = '${ID(46)}'`],
  ['transfer_difference_not_zero', 'a difference of nothing', difference(ID(41), 0)],
  ['one_difference_per_transfer', 'a transfer disputed twice', difference(ID(43), 1)],
  ['fact_is_never_edited', 'a difference made smaller', `update transfer_difference set grams = 1 where id = '${ID(44)}'`],
  ['one_leg_per_shipment_and_sequence', 'a second leg at one place', leg(1, 'ROAD')],
  ['shipment_leg_sequence_from_one', 'a leg before the first', leg(0, 'ROAD')],
  ['shipment_leg_mode_known', 'a leg by balloon', leg(2, 'BALLOON')],
  ['shipment_leg_container_checked', 'a container of nine letters', leg(2, 'ROAD', 'CONTAINER')],
  ['shipment_leg_container_checked', 'a container of another check digit', leg(2, 'ROAD', 'CSQU3054384')],
  ['document_type_known', 'a rumour', document('R-1', 'RUMOUR')],
  ['document_mark_known', 'a paper marked perhaps', document('INV-2', 'INVOICE', 'PERHAPS')],
  ['document_hash_well_formed', 'a hash of four digits', document('INV-2', 'INVOICE', 'YES', NEW, `'beef'`)],
  ['document_number_unique_within_issuer_and_type', 'a second invoice of a number', document('INV-1')],
  [
    'document_content_is_what_was_hashed',
    'other bytes than were hashed',
    `${file(HASH)}; update document set content = '${HASH}', sha256 = '${'b'.repeat(64)}'`,
  ],
  ['document_is_kept', 'a paper thrown away', `delete from document where id = '${ID(78)}'`],
  [
    'document_is_kept',
    'the bytes of a paper taken away',
    `${file(HASH)}; update document set sha256 = '${HASH}', content = '${HASH}' where id = '${ID(78)}'; update document set content = null where id = '${ID(78)}'`,
  ],
  ['stored_file_hash_well_formed', 'bytes by a name', file('../../etc/passwd')],
  ['stored_file_has_bytes', 'a file of nothing', file(HASH, 0)],
  ['document_link_to_one_noun', 'a paper about nothing', link('null', 'null')],
  ['document_link_to_one_noun', 'a paper about two things at once', link(`'${B}'`, `'${ID(61)}'`)],
  ['one_link_per_document_and_noun', 'a paper that names a lot twice', link(`'${A}'`, 'null')],
  ['import_certificate_number_unique', 'a second certificate of a number', certificate('999-0000000001-000001', {})],
  ['import_certificate_number_well_formed', 'a NOP ID for a number', certificate('9990000001', {})],
  ['import_certificate_kind_known', 'a certificate for ever', certificate('999-0000000001-000002', { kind: 'FOREVER' })],
  ['import_certificate_hts_of_ten_digits', 'six digits of a tariff', certificate('999-0000000001-000002', { hts: '100199' })],
  ['import_certificate_period_in_order', 'a period that ends before it begins', certificate('999-0000000001-000002', { to: '2024-12-31' })],
  ['import_certificate_mass_above_zero', 'a certificate for nothing', certificate('999-0000000001-000002', { grams: 0 })],
  ['import_certificate_status_known', 'a certificate that is fine', certificateStatus(2, 'FINE')],
  ['one_status_per_import_certificate_and_sequence', 'two first steps', certificateStatus(1, 'VOIDED')],
  ['import_certificate_keeps_to_its_road', 'an issued certificate asked for', certificateStatus(2, 'REQUESTED')],
  ['import_certificate_keeps_to_its_road', 'a certificate verified by nobody that ever had it', stepMade('VERIFIED')],
  [
    'import_certificate_keeps_to_its_road',
    'a certificate that begins with its approval',
    `${certificate('999-0000000001-000003', {}, ID(79))}; ${stepMade('APPROVED', ID(79), 1)}`,
  ],
  [
    'import_certificate_history_unbroken',
    'a step taken out of a history that goes on',
    `${certificateStatus(2, 'HANDED_OVER')}; ${certificateStatus(3, 'VOIDED')
      .replace('status, recorded_by', 'status, made_by, recorded_by')
      .replace("'VOIDED'", `'VOIDED', '${ID(20)}'`)};
     update import_certificate_status set retracted_by = '${TWO}' where id = '${ID(73)}'`,
  ],
  ['one_revision_per_import_certificate_and_sequence', 'two first revisions', certificateRevision(1)],
  [
    'fact_is_never_edited',
    'a revision for another reason',
    `update import_certificate_revision set reason = 'none' where id = '${ID(78)}'`,
  ],
  ['outside_system_known', 'a system that nobody knows', effect({ system: 'ELSEWHERE' })],
  ['outside_act_known', 'a system is to do what none does', effect({ what: 'FORGET' })],
  ['outside_effect_state_known', 'an effect that is half done', effect({ state: 'HALF' })],
  ['outside_effect_settled_once_done', 'an effect that is done at no time', effect({ state: 'DONE' })],
  ['outside_effect_settled_once_done', 'an effect that waits and is settled', effect({ settled: 'now()' })],
  ['one_outside_effect_per_subject_and_sequence', 'two effects at one place', `${effect()}; ${effect({ what: 'VOID' })}`],
  ['outside_effect_keeps_its_order', 'another body', `${effect()}; update outside_effect set body = '{"a": 1}'`],
  [
    'outside_effect_keeps_its_order',
    'what is done is undone',
    `${effect({ state: 'DONE', settled: 'now()' })}; update outside_effect set message = 'no'`,
  ],
  [
    'outside_effect_keeps_its_order',
    'a later one sent before an earlier one is done',
    `${effect()}; ${effect({ what: 'VOID', sequence: 2 })}; update outside_effect set attempts = 1 where sequence = 2`,
  ],
  ['webhook_state_known', 'a webhook that sleeps', webhook('ASLEEP')],
  ['delivery_state_known', 'a message that is half sent', `${webhook()}; ${delivery({ state: 'HALF' })}`],
  ['delivery_settled_once_done', 'a message that was delivered at no time', `${webhook()}; ${delivery({ state: 'DELIVERED' })}`],
  ['delivery_settled_once_done', 'a message that waits and is settled', `${webhook()}; ${delivery({ settled: 'now()' })}`],
  ['one_delivery_per_webhook_and_message', 'a message kept twice', `${webhook()}; ${delivery()}; ${delivery()}`],
  ['one_review_per_decision_and_reader', 'two sheets of one decision', `${review('CERTIFIER')}; ${review('CERTIFIER')}`],
  ['fact_is_never_edited', 'a sheet written anew', `${review('CERTIFIER')}; update import_certificate_review set findings = '[1]'`],
  [
    'claims_within_birth_mass',
    'two certificates issued for one lot',
    `${certificate('999-0000000001-000004', {}, ID(82))}; ${certificateLine(500).replace(`'${ID(72)}'`, `'${ID(82)}'`)}; ${certificateStatus(1, 'ISSUED').replace(`'${ID(72)}'`, `'${ID(82)}'`)}`,
  ],
  ['import_certificate_line_mass_above_zero', 'a line of nothing', certificateLine(0)],
  [
    'import_certificate_claim_of_a_shipped_lot',
    'a claim of a day, and of nothing that was shipped',
    certificateLine(5).replace('recorded_by)', 'recorded_by, on_day)').replace(`'${ONE}')`, `'${ONE}', '2025-01-01')`),
  ],
  [
    'import_certificate_mode_known',
    'goods that are carried by pigeons',
    `update import_certificate set mode = 'PIGEON', port_of_lading = 'TRMER', departs_on = '2025-01-01' where id = '${ID(72)}'`,
  ],
  [
    'import_certificate_transport_whole',
    'a departure from nowhere',
    `update import_certificate set mode = 'MARITIME', departs_on = '2025-01-01' where id = '${ID(72)}'`,
  ],
  ['certifier_lead_time_within_60_days', 'a lead time of a year', leadTime('2025-02-01', 365)],
  ['one_lead_time_per_certifier_and_day', 'two lead times from a day on', `${leadTime('2025-01-01', 5)}; ${leadTime('2025-01-01', 3)}`],
  ['fact_is_never_edited', 'a lead time shortened', `${leadTime('2025-03-01', 5)}; update certifier_lead_time set business_days = 3`],
  ['claims_within_birth_mass', 'a kilogram lot that backs 1,001 g', certificateLine(401)],
  ['customs_entry_number_unique', 'a second entry of a number', entry('ABC-1234567-6')],
  ['customs_entry_number_checked', 'an entry of another check digit', entry('ABC-1234567-7')],
  ['customs_entry_number_checked', 'an entry without hyphens', entry('ABC12345676')],
  ['customs_entry_line_from_one', 'a line before the first', entryLine({ line: 0 })],
  ['one_line_per_entry_and_number', 'a second first line', entryLine({})],
  ['customs_entry_line_hts_of_ten_digits', 'a line of six digits of a tariff', entryLine({ line: 2, hts: '100199' })],
  ['customs_entry_line_mass_above_zero', 'a line of nothing', entryLine({ line: 2, grams: 0 })],
  ['draws_within_import_certificate', 'a gram by command beyond a certificate', entryLine({ line: 2, grams: 1, madeBy: MILL })],
  ['customs_entry_act_known', 'an entry improved', entryChange(1, 'IMPROVED')],
  ['one_change_per_customs_entry_and_sequence', 'two first changes', `${entryChange(1, 'AMENDED')}; ${entryChange(1, 'AMENDED')}`],
  ['cancelled_entry_stays_so', 'an entry cancelled twice', `${entryChange(1, 'CANCELLED')}; ${entryChange(2, 'CANCELLED')}`],
  ['cancelled_entry_stays_so', 'a line of an entry that was cancelled', `${entryChange(1, 'CANCELLED')}; ${entryLine({ line: 2 })}`],
  [
    'fact_is_never_edited',
    'an entry cancelled for another reason',
    `${entryChange(1, 'CANCELLED')}; update customs_entry_change set reason = 'none'`,
  ],
  ['emergency_action_number_unique', 'a second notification of a number', action('EAN-1', `'${A}'`, 'null')],
  ['emergency_action_on_a_lot_or_a_shipment', 'an action on nothing', action('EAN-2', 'null', 'null')],
  ['disposition_kind_known', 'held goods eaten', disposition('EATEN', 'null')],
  ['disposition_mass_above_zero', 'nothing destroyed', disposition('DESTROYED', '0')],
  [
    'disposed_within_what_is_held',
    'a gram more destroyed than the lot weighs',
    disposition('DESTROYED', '1001').replace('recorded_by)', 'recorded_by, made_by)').replace(`'${ONE}')`, `'${ONE}', '${FARM}')`),
  ],
  [
    'emergency_action_mass_above_zero',
    'nothing held',
    action('EAN-3', `'${A}'`, 'null').replace('recorded_by)', 'recorded_by, grams)').replace(`'${ONE}')`, `'${ONE}', 0)`),
  ],
  [
    'emergency_action_treatment_known',
    'a prayer ordered',
    action('EAN-3', `'${A}'`, 'null').replace('recorded_by)', 'recorded_by, treatment)').replace(`'${ONE}')`, `'${ONE}', 'PRAYER')`),
  ],
  [
    'arrival_of_a_certificate_or_a_shipment',
    'an arrival of nothing',
    `insert into arrival (id, made_by, on_day, at, answers, recorded_by) values (gen_random_uuid(), '${MILL}', '2025-01-01', now(), '[]', '${ONE}')`,
  ],
  ['notice_policy_within_30_days', 'a policy of a year', noticePolicy(8760)],
  ['one_notice_policy_per_operation_and_day', 'two policies from a day on', `${noticePolicy(24)}; ${noticePolicy(48)}`],
  ['one_notice_per_subject_kind_and_due', 'one thing told twice', `${notice}; ${notice}`],
  ['fact_is_never_edited', 'a notice in other words', `${notice}; update notice set message = 'none'`],
  ['fact_is_never_edited', 'a link led elsewhere', `update document_link set lot = '${B}' where document = '${ID(71)}'`],
  ['fact_is_never_edited', 'a claim enlarged', `update import_certificate_line set grams = 700 where id = '${ID(74)}'`],
  ['fact_is_never_edited', 'a step of a certificate deleted', `delete from import_certificate_status where id = '${ID(73)}'`],
  ['fact_is_never_edited', 'an entry line that draws less', `update customs_entry_line set grams = 4 where id = '${ID(76)}'`],
  [
    'fact_is_never_edited',
    'a paper given to a transfer that named none',
    `update transfer set document = '${ID(71)}' where id = '${ID(41)}'`,
  ],
  ['row_is_never_edited', 'an entry renumbered', `update customs_entry set number = 'SP7-0000001-4' where id = '${ID(75)}'`],
  ['row_is_never_edited', 'an emergency action deleted', `delete from emergency_action where id = '${ID(77)}'`],
  [
    'shipped_lot_mass_above_zero',
    'nothing shipped',
    `insert into shipped_lot (id, shipment, lot, grams, value, unit, recorded_by) values (gen_random_uuid(), '${ID(61)}', '${A}', 0, '0', 'GRM', '${TWO}')`,
  ],
  ['treatment_kind_known', 'a blessing', treatment('BLESSING', `'${A}'`, 'null')],
  ['treatment_of_a_lot_or_a_shipment', 'a treatment of nothing', treatment('HEAT', 'null', 'null')],
  ['treatment_of_a_lot_or_a_shipment', 'a treatment of both', treatment('HEAT', `'${A}'`, `'${ID(61)}'`)],
  ['row_is_never_edited', 'an offer taken back silently', `delete from transfer_offer where id = '${ID(42)}'`],
  ['row_is_never_edited', 'a shipment overwritten', `update shipment set reference = 'S-2' where id = '${ID(61)}'`],
  ['fact_is_never_edited', 'a leg overwritten', `update shipment_leg set mode = 'AIR' where shipment = '${ID(61)}'`],
  ['fact_is_never_edited', 'a transfer overwritten', `update transfer set grams = 6 where id = '${ID(41)}'`],
  ['fact_is_never_edited', 'an input deleted', `delete from lot_input where id = '${ID(31)}'`],
  [
    'fact_is_never_edited',
    'a loss retracted and changed at once',
    `update lot_adjustment set retracted_by = '${TWO}', grams = 2 where id = '${ID(51)}'`,
  ],
  ['fact_is_never_edited', 'a standing overwritten', `update operation_certificate_status set status = 'REVOKED' where id = '${ID(22)}'`],
  ['access_record_act_known', 'an act that nobody knows', access('STOLEN')],
  ['access_record_counts_something', 'an access that never was', access('READ', 0)],
  ['one_access_record_per_hour', 'what is alike in two records', `${access('READ')}; ${access('READ')}`],
  ['row_is_never_edited', 'a lot overwritten', `update lot set grams = 2000 where id = '${A}'`],
  ['row_is_never_edited', 'a command deleted from the log', `delete from command where id = '${ONE}'`],
  ['row_is_never_edited', 'an event overwritten', `update event set payload = '{"a": 1}' where command = '${ONE}'`],
];

test.each(BREACHES)('%s: %s is refused', async (law, _how, sql) => {
  const refused = await database.source.query(sql).then(
    () => null,
    (error) => error.driverError.constraint as string,
  );
  expect(refused).toBe(law);
});

test('every law there is is broken above', () => {
  expect(new Set(BREACHES.map(([law]) => law))).toEqual(new Set(Object.keys(LAWS)));
});

test('what a voided certificate claimed may back another; concurrent claims wait for each other', async () => {
  const other = ID(81);
  await database.query(certificate('999-0000000001-000009', {}, other));
  await database.query(certificateStatus(1, 'ISSUED').replace(`'${ID(72)}'`, `'${other}'`));
  const claim = (grams: number) => certificateLine(grams).replace(`'${ID(72)}'`, `'${other}'`);
  const claims = await Promise.allSettled(Array.from({ length: 8 }, () => database.query(claim(100))));
  expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  await database.query(certificateStatus(2, 'VOIDED'));
  await database.query(claim(600));
  await expect(database.query(claim(1))).rejects.toThrow();
});

test('late inputs in an order that closes no circle are taken, many at once', async () => {
  await database.query(input(C!, A!, TWO!));
  await database.query(`begin;
    insert into lot (id, code, producer, product, kind, grams, value, unit, country, recorded_by) values ('${ID(7)}', 'D', '${FARM}', '${WHEAT}', 'HARVEST', 1000, '1', 'KGM', 'UA', '${TWO}');
    insert into lot_input (id, output, input, holder, grams, value, unit, recorded_by) values
      (gen_random_uuid(), '${A}', '${ID(7)}', '${FARM}', 1, '1', 'GRM', '${ID(13)}'), (gen_random_uuid(), '${B}', '${ID(7)}', '${FARM}', 1, '1', 'GRM', '${ID(13)}');
    commit`);
  expect(await database.query(`select count(*)::int as inputs from live_input where input = '${ID(7)}'`)).toEqual([{ inputs: 2 }]);
});
