import { type Parsed, parseCertifierCode, parseOperationIdentifier, Refusal } from '@lotline/schema';
import type { Database } from '../database';
import { ADMINISTRATOR, ANALYST, certifierViewer, operationViewer, type Viewer } from './viewer';

// A role says for whom somebody may act: `operation:9990000001`, `operation:SCHEME:value`, `certifier:ABC`, `analyst`, `administrator`.

/** What a role names, in one spelling, so that two ways to write it are one. */
export function parseRole(text: string): Parsed<string> {
  const [kind, name] = /^(operation|certifier):(.*)$/s.exec(text)?.slice(1) ?? [text];
  if (name === undefined) {
    if (kind === 'analyst' || kind === 'administrator') return { ok: true, value: kind };
    return { ok: false, wrong: 'it is not a role', remedy: 'write operation:ID, certifier:CODE, analyst or administrator' };
  }
  const parsed = kind === 'operation' ? parseOperationIdentifier(name) : parseCertifierCode(name);
  return parsed.ok ? { ok: true, value: `${kind}:${parsed.value}` } : parsed;
}

const notFound = (message: string) => new Refusal({ code: 'NOT_FOUND', message, remedy: 'import it first, or check the spelling' });

/** The one id that a statement finds. */
async function idBy(database: Database, sql: string, parameter: string): Promise<string | null> {
  const [row] = await database.query<{ id: string }>(sql, [parameter]);
  return row?.id ?? null;
}

/** Whoever acts in a role. @throws Refusal BAD_USER_INPUT, or NOT_FOUND where its operation or certifier is not on record */
export async function viewerInRole(database: Database, text: string): Promise<Viewer> {
  const role = parseRole(text);
  if (!role.ok) throw new Refusal({ code: 'BAD_USER_INPUT', message: role.wrong, remedy: role.remedy });
  if (role.value === 'analyst') return ANALYST;
  if (role.value === 'administrator') return ADMINISTRATOR;
  const at = role.value.indexOf(':');
  const [kind, name] = [role.value.slice(0, at), role.value.slice(at + 1)];
  const column = kind === 'operation' ? 'identifier' : 'code';
  const id = await idBy(database, `select id from ${kind} where ${column} = $1`, name);
  if (id === null) throw notFound(`there is no ${kind} ${name}`);
  return kind === 'operation' ? operationViewer(id) : certifierViewer(id);
}
