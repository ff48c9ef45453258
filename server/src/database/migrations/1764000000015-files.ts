import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The bytes of documents, which are kept for five years; who keeps a document beside its issuer; and procedures for verifying imports. */
export class Files1764000000015 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table stored_file (
        sha256 text collate "C" primary key constraint stored_file_hash_well_formed check (sha256 ~ '^[0-9a-f]{64}$'),
        bytes integer not null constraint stored_file_has_bytes check (bytes > 0),
        type text collate "C" not null,
        stored_at timestamptz(6) not null
      );
      create table upload (
        sha256 text collate "C" not null references stored_file,
        uploader text collate "C" not null,
        at timestamptz(6) not null,
        claimed boolean not null,
        primary key (sha256, uploader)
      );
      create index upload_uploader on upload (uploader);
      create index upload_at on upload (at);

      alter table document add column content text collate "C" references stored_file,
        add constraint document_content_is_what_was_hashed check (content = sha256);
      create index document_content on document (content) where content is not null;

      alter table document add column keeper uuid references operation;
      update document set keeper = issuer;
      alter table document alter column keeper set not null,
        drop constraint document_number_unique_within_issuer_and_type,
        add constraint document_number_unique_within_issuer_and_type unique (issuer, type, number, keeper);

      alter table document drop constraint document_type_known, add constraint document_type_known check (type in ('CONTRACT', 'PURCHASE_ORDER', 'INVOICE',
        'PACKING_LIST', 'BILL_OF_LADING', 'MASTER_BILL_OF_LADING', 'HOUSE_BILL_OF_LADING', 'SALES_DOCUMENT', 'WEIGHT_CERTIFICATE',
        'PHYTOSANITARY_CERTIFICATE', 'ORGANIC_CERTIFICATE', 'EMERGENCY_ACTION_NOTIFICATION', 'AFFIDAVIT', 'IMPORT_PROCEDURE', 'OTHER'));

      -- 7 CFR 205.103(b)(4). When it was created is the later of its day and its recording; without a command it was recorded just now.
      create function document_is_kept() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' then
          if old.content is null or new.content is not distinct from old.content then
            return new;
          end if;
        end if;
        if greatest(old.issued_on, coalesce((select at::date from command where id = old.recorded_by), current_date)) > current_date - interval '5 years' then
          raise exception 'a document is kept for five years' using errcode = '23514', constraint = 'document_is_kept', table = 'document';
        end if;
        return case tg_op when 'DELETE' then old else new end;
      end $$;
      create trigger document_is_kept before delete or update of content on document for each row execute function document_is_kept();
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
