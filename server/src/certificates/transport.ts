import { bad, good, LISTED_PLACES, type Parsed, parseMoment, quote, TransportMode } from '@lotline/schema';
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { oneOf, optional, read } from '../commands';

// How the goods of a request are to travel.

@InputType({ description: 'How the goods are to travel, as far as the exporter knows.' })
export class ImportCertificateTransportInput {
  @Field(() => TransportMode, { description: 'By what they enter the United States.' })
  mode: TransportMode;

  @Field(() => String, { description: 'UN/LOCODE of where they leave for the United States.' })
  portOfLading: string;

  @Field(() => String, { nullable: true, description: 'UN/LOCODE of where they enter the United States.' })
  portOfEntry?: string;

  @Field(() => String, { description: 'Expected departure: a local day, or an instant with its offset.' })
  departs: string;

  @Field(() => String, { nullable: true, description: 'Expected arrival: a local day, or an instant with its offset.' })
  arrives?: string;
}

/** Reads a UN/LOCODE of the list, with or without a blank. */
function parsePort(text: string): Parsed<string> {
  const code = text
    .trim()
    .replace(/^(..) /, '$1')
    .toUpperCase();
  return LISTED_PLACES.has(code)
    ? good(code)
    : bad(`${quote(text)} is not a UN/LOCODE that is known here`, 'write the five characters of a port, e.g. TRMER');
}

function parsePortOfEntry(text: string): Parsed<string> {
  const port = parsePort(text);
  return !port.ok || port.value.startsWith('US')
    ? port
    : bad(`${quote(text)} is not in the United States`, 'write the five characters of a port there, e.g. USSCK');
}

export const transport = z
  .object({
    mode: oneOf(TransportMode, 'a mode'),
    portOfLading: read(parsePort),
    portOfEntry: optional(read(parsePortOfEntry)),
    departs: read(parseMoment),
    arrives: optional(read(parseMoment)),
  })
  .superRefine(({ portOfLading, departs, arrives }, context) => {
    if (portOfLading.startsWith('US'))
      context.addIssue({
        code: 'custom',
        message: 'goods that are imported leave from another country',
        path: ['portOfLading'],
        params: { remedy: 'give the port where they leave for the United States' },
      });
    // Days are local ones: across the date line goods arrive on the day before.
    if (departs.at && arrives?.at && arrives.at < departs.at)
      context.addIssue({ code: 'custom', message: 'the goods arrive before they depart', path: ['arrives'] });
  });
