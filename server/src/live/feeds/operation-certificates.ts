import { type EventPayloads, OperationCertificateStatusChange } from '@lotline/schema';
import type { OperationCertificateFilter } from '../../operations';
import { idsOf } from '../../questions';
import { anyOf, type Feed } from '../feed';

interface Facts {
  operation: string;
  certifier: string;
  to: string;
}

/** Standings of operations' certificates; public, as in the Organic Integrity Database. */
export const operationCertificateFeed: Feed<OperationCertificateStatusChange, Facts, OperationCertificateFilter> = {
  field: 'operationCertificateStatusChanged',
  reads: new Set(['operation-certificate.status-changed']),
  async find(_reader, commands) {
    return commands.flatMap(({ position, at, events }) =>
      events
        .filter(({ type }) => type === 'operation-certificate.status-changed')
        .map(({ subject, payload }) => {
          const { operation, certifier, ...change } = payload as EventPayloads['operation-certificate.status-changed'];
          return {
            position,
            answer: Object.assign(new OperationCertificateStatusChange(), { operationCertificateId: subject, at, ...change }),
            facts: { operation, certifier, to: change.to },
            rights: [],
            subject,
          };
        }),
    );
  },
  fitter(filter) {
    const operations = idsOf(filter?.operations, 'Operation', 'filter.operations');
    const certifiers = idsOf(filter?.certifiers, 'Certifier', 'filter.certifiers');
    return ({ operation, certifier, to }) =>
      anyOf(operations, operation) && anyOf(certifiers, certifier) && anyOf<string>(filter?.statuses, to);
  },
};
