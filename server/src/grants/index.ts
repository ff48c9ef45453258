export { AccessRecordResolver, OperationAccessesResolver } from './accesses';
export { assignBroker } from './assign-broker';
export { BrokerAssignmentResolver, OperationBrokerAssignmentsResolver, visibleBrokerAssignment } from './assignments';
export { AuditGrantResolver, CertifierAuditGrantsResolver, visibleAuditGrant } from './audits';
export { ApiKeyResolver, createKey, OperationKeysResolver, visibleKey } from './keys';
