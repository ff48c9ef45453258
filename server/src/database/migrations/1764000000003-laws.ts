import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Laws: what no command, import or outside system may ever store. Each has a name; `database/laws.ts` says in words what breaking it
 * means. The catalogue of a migrated database is kept as a snapshot, so that a lost law shows.
 */
export class Laws1764000000003 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table lot add constraint lot_mass_above_zero check (grams > 0 and grams <= 1000000000000000);
      alter table lot add constraint lot_kind_known check (kind in ('HARVEST', 'TRANSFORMATION', 'PURCHASED'));
      alter table lot_input add constraint lot_input_mass_above_zero check (grams > 0 and grams <= 1000000000000000);
      alter table transfer add constraint transfer_mass_above_zero check (grams > 0 and grams <= 1000000000000000);
      alter table transfer add constraint transfer_between_two_operations check (sender <> receiver);
      alter table lot_adjustment add constraint lot_adjustment_mass_above_zero check (grams > 0 and grams <= 1000000000000000);
      alter table lot_adjustment add constraint lot_adjustment_kind_known check (kind in ('MOISTURE', 'CLEANING', 'SPOILAGE', 'SAMPLE', 'COUNT', 'DRAFT_SURVEY'));
      alter table operation_certificate_status add constraint operation_certificate_status_known
        check (status in ('CERTIFIED', 'SUSPENDED', 'REVOKED', 'SURRENDERED', 'EXPIRED'));
      alter table holding add constraint holding_floor_not_above_zero check (floor <= 0);
      alter table holding add constraint holding_not_below_floor check (grams >= floor);
    `);

    // A fact may be retracted, once; nothing else of it changes, and it is never deleted.
    await run.query(`
      create function fact_is_never_edited() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' and old.retracted_by is null and new.retracted_by is not null
          and to_jsonb(old) - 'retracted_by' = to_jsonb(new) - 'retracted_by' then
          return new;
        end if;
        raise exception 'a fact is never edited: retract it and record another' using errcode = '23514', constraint = 'fact_is_never_edited', table = tg_table_name;
      end $$;
      create function row_is_never_edited() returns trigger language plpgsql as $$
      begin
        raise exception 'this row is never edited' using errcode = '23514', constraint = 'row_is_never_edited', table = tg_table_name;
      end $$;
    `);
    for (const table of ['lot_input', 'transfer', 'lot_adjustment', 'operation_certificate_status']) {
      await run.query(
        `create trigger fact_is_never_edited before update or delete on ${table} for each row execute function fact_is_never_edited()`,
      );
    }
    for (const table of ['lot', 'verified_product', 'command', 'event']) {
      await run.query(
        `create trigger row_is_never_edited before update or delete on ${table} for each row execute function row_is_never_edited()`,
      );
    }

    // No circle of lots. An input declared at its output's birth must have been born before it; only an input added to an older lot can
    // close a circle otherwise, so only those take the gate, one command at a time, and walk.
    await run.query(`
      create table lineage_gate (one boolean primary key default true constraint one_gate check (one));
      insert into lineage_gate default values;

      create function no_circle_of_lots() returns trigger language plpgsql as $$
      declare
        touched boolean;
        outputs integer;
        peeled integer;
      begin
        if exists (
          select from added a join lot o on o.id = a.output join lot i on i.id = a.input
          where o.recorded_by = a.recorded_by and i.birth_order >= o.birth_order
        ) then
          raise exception 'a lot cannot be made of itself' using errcode = '23514', constraint = 'no_circle_of_lots', table = 'lot_input';
        end if;

        select count(distinct a.output) into outputs from added a join lot o on o.id = a.output where o.recorded_by <> a.recorded_by;
        if outputs = 0 then return null; end if;
        perform from lineage_gate for update;

        with recursive late as (
          select distinct a.output, a.input from added a join lot o on o.id = a.output where o.recorded_by <> a.recorded_by
        ), behind(lot) as (
          select input from late
          union
          select i.input from behind b join lot_input i on i.output = b.lot and i.retracted_by is null
        )
        select exists (select from behind b join late l on l.output = b.lot) into touched;
        if not touched then return null; end if;

        if outputs > 1 then
          -- A late output stands behind another late input, which may be well: take away what has nothing behind it until all or
          -- nothing of the graph is gone.
          create temporary table if not exists lineage_peel (output uuid, input uuid) on commit drop;
          truncate lineage_peel;
          with recursive late as (
            select distinct a.output from added a join lot o on o.id = a.output where o.recorded_by <> a.recorded_by
          ), behind(lot) as (
            select output from late
            union
            select i.input from behind b join lot_input i on i.output = b.lot and i.retracted_by is null
          )
          insert into lineage_peel select distinct i.output, i.input from behind b join lot_input i on i.output = b.lot and i.retracted_by is null;
          loop
            delete from lineage_peel p where not exists (select from lineage_peel q where q.output = p.input);
            get diagnostics peeled = row_count;
            exit when peeled = 0;
          end loop;
          if not exists (select from lineage_peel) then return null; end if;
        end if;
        raise exception 'a lot cannot be made of itself' using errcode = '23514', constraint = 'no_circle_of_lots', table = 'lot_input';
      end $$;
      create trigger no_circle_of_lots after insert on lot_input referencing new table as added for each statement execute function no_circle_of_lots();
    `);

    await run.query(`
      create view live_input as
        select i.id, i.output, i.input, i.holder, i.grams, i.value, i.unit, i.on_day, i.at, i.reference, i.recorded_by, coalesce(i.on_day, o.produced_on) as used_on
        from lot_input i left join lot o on o.id = i.output
        where i.retracted_by is null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
