import { MASSES } from '../generated/masses.ts';
import type {
  ImportCertificateStatusChangedSubscription,
  LotEventsSubscription,
  NoticeGivenSubscription,
  OperationCertificateStatusChangedSubscription,
  ShipmentStatusChangedSubscription,
} from '../generated/types.ts';
import { withMasses } from '../masses.ts';

/** What is told by each kind of event: the same as by the subscription of its name. */
interface Told {
  importCertificateStatusChanged: NonNullable<ImportCertificateStatusChangedSubscription['importCertificateStatusChanged']['change']>;
  operationCertificateStatusChanged: NonNullable<
    OperationCertificateStatusChangedSubscription['operationCertificateStatusChanged']['change']
  >;
  shipmentStatusChanged: NonNullable<ShipmentStatusChangedSubscription['shipmentStatusChanged']['change']>;
  lotEvents: NonNullable<LotEventsSubscription['lotEvents']['change']>;
  noticeGiven: NonNullable<NoticeGivenSubscription['noticeGiven']['change']>;
}

/** A change that was delivered, or a test of the way. The same may be delivered more than once, under the same `id`. */
export type WebhookEvent =
  | {
      readonly [Type in keyof Told]: {
        readonly id: string;
        readonly type: Type;
        /** When it was recorded. */
        readonly timestamp: string;
        readonly data: {
          /** Behind this change: a stream may go on after it. */
          readonly cursor: string;
          readonly change: Told[Type];
        };
      };
    }[keyof Told]
  | {
      readonly id: string;
      /** A change that could not be told: ask for the state, or select less. */
      readonly type: 'failed';
      readonly timestamp: string;
      readonly data: { readonly cursor: string; readonly errors: readonly { readonly message: string }[] };
    }
  | { readonly id: string; readonly type: 'test'; readonly timestamp: string; readonly data: Readonly<Record<string, never>> };

/** Reads a body whose signature was found good. */
export const eventIn = (id: string, body: string): WebhookEvent => ({
  ...(withMasses(JSON.parse(body), MASSES) as Omit<WebhookEvent, 'id'> as WebhookEvent),
  id,
});
