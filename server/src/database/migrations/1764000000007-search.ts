import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Names are looked for as they are typed without marks: pg_trgm takes letters beyond ASCII for gaps between words wherever the locale of
 * the database does not know them, as under C.
 */
export class Search1764000000007 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      -- Latin letters without their marks, in small letters; those that are no letter and mark are named one by one.
      -- Not in language sql: that the planner would write out, and take for cheap enough to do for every name.
      create function without_marks(name text) returns text language plpgsql immutable strict parallel safe cost 100 as $$ begin
        return lower(replace(replace(replace(replace(replace(
          translate(regexp_replace(normalize(name, nfkd), '[\\u0300-\\u036f]', '', 'g'), 'ØøĐđÐðŁłĦħŦŧŊŋıĸƏə', 'OoDdDdLlHhTtNnikAa'),
          'ß', 'ss'), 'Æ', 'AE'), 'æ', 'ae'), 'Œ', 'OE'), 'œ', 'oe') collate "C");
      end $$;
      drop index operation_name_trigrams;
      create index operation_name_trigrams on operation using gin (without_marks(name) gin_trgm_ops);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
