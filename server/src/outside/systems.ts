import type { OutsideSystem } from '@lotline/schema';
import { automatedCustomsEnvironment } from './automated-customs-environment';
import { Circuit, type CircuitSettings } from './circuit';
import type { OutsideSettings } from './http';
import { organicIntegrityDatabase } from './organic-integrity-database';
import type { AutomatedCustomsEnvironment, OrganicIntegrityDatabase } from './ports';

/** Which systems are spoken to, and how; null where one is not. */
export type SystemsSettings = Readonly<Record<OutsideSystem, OutsideSettings | null>>;

/** Speaks to nobody outside. */
export const NOBODY_OUTSIDE: SystemsSettings = { ORGANIC_INTEGRITY_DATABASE: null, AUTOMATED_COMMERCIAL_ENVIRONMENT: null };

interface Spoken<Port> {
  port: Port;
  circuit: Circuit;
}

export interface Systems {
  ORGANIC_INTEGRITY_DATABASE: Spoken<OrganicIntegrityDatabase> | null;
  AUTOMATED_COMMERCIAL_ENVIRONMENT: Spoken<AutomatedCustomsEnvironment> | null;
}

/** The systems that are spoken to. */
export function openSystems(settings: SystemsSettings, circuit?: CircuitSettings): Systems {
  const { ORGANIC_INTEGRITY_DATABASE: oid, AUTOMATED_COMMERCIAL_ENVIRONMENT: ace } = settings;
  return {
    ORGANIC_INTEGRITY_DATABASE: oid && { port: organicIntegrityDatabase(oid), circuit: new Circuit(circuit) },
    AUTOMATED_COMMERCIAL_ENVIRONMENT: ace && { port: automatedCustomsEnvironment(ace), circuit: new Circuit(circuit) },
  };
}
