import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys by which applications act for an operation. What is kept of the secret is its hash. */
export class Keys1764000000010 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table api_key (
        id uuid primary key,
        operation uuid not null references operation,
        name text collate "C" not null,
        hash bytea not null constraint api_key_hash_well_formed check (length(hash) = 32),
        scopes text[] not null constraint api_key_scopes_known check (
          cardinality(scopes) > 0 and scopes <@ array['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES', 'COMMANDS']),
        created_at timestamptz(6) not null,
        expires_at timestamptz(6) not null,
        revoked_at timestamptz(6),
        recorded_by uuid not null
      );
      create index api_key_operation on api_key (operation);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
