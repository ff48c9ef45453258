import type { Client } from 'pg';
import { type Finding, ok, warn } from './finding';

// What lies there to be done, and by whom it is not.

const JOBS = `
  select count(*) filter (where attempts >= max_attempts and locked_at is null)::int as dead,
    count(*) filter (where locked_at < now() - interval '1 minute' and not exists (select from pg_stat_activity a where a.application_name = 'lotline jobs ' || locked_by))::int as left,
    coalesce(extract(epoch from now() - min(run_at) filter (where attempts < max_attempts and locked_at is null and run_at <= now())), 0)::int as late
  from graphile_worker.jobs`;
/** A job that is due for longer is done by nobody, seconds. */
const LATE_S = 300;

export async function jobs(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ dead: number; left: number; late: number }>(JOBS);
  const [{ dead, left, late }] = rows as [(typeof rows)[0]];
  const found: Finding[] = [];
  if (dead > 0)
    found.push(
      warn('jobs', `${dead} are dead: they were tried in vain and wait for you`, 'see failedJobs as an administrator, and give retryJob'),
    );
  if (left > 0)
    found.push(warn('jobs', `${left} are in the hand of a worker that is not there any more`, 'start a server, which frees them'));
  if (late > LATE_S) found.push(warn('jobs', `one is due for ${late} seconds and nobody does it`, 'start a server, or a worker'));
  return found.length > 0 ? found : [ok('jobs', 'none is dead, left or late')];
}

const WEBHOOKS = `
  select (select count(*)::int from webhook where deleted_at is null and state <> 'ACTIVE') as paused,
    (select count(*)::int from webhook where deleted_at is null) as webhooks,
    (select count(*)::int from webhook_delivery where settled_at is null and since < now() - interval '1 day') as old`;

export async function webhooks(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ paused: number; webhooks: number; old: number }>(WEBHOOKS);
  const [{ paused, webhooks: all, old }] = rows as [(typeof rows)[0]];
  const found: Finding[] = [];
  if (paused > 0)
    found.push(warn('webhooks', `${paused} of ${all} are not sent to`, 'their owners see the reason in webhooks, and resume them'));
  if (old > 0) found.push(warn('webhooks', `${old} messages are not taken for more than a day`, 'see the deliveries of webhooks'));
  return found.length > 0 ? found : [ok('webhooks', `all ${all} are sent to`)];
}

const STANDBYS = `
  select count(*)::int as standbys, coalesce(max(extract(epoch from replay_lag)), 0)::int as seconds,
    coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::float8 as bytes,
    bool_and(state is not null) as told
  from pg_stat_replication where state is distinct from 'backup'`;
const SLOTS = `
  select count(*)::int as left, coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::float8 as bytes from pg_replication_slots where not active`;
/** A standby that is further behind is told of. */
export const FAR = { seconds: 60, bytes: 256 * 1024 * 1024 };
const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;

/** @param demo nobody expects a standby of a demonstration */
export async function replication(client: Client, demo: boolean, far = FAR): Promise<Finding[]> {
  const { rows: slots } = await client.query<{ left: number; bytes: number }>(SLOTS);
  const { rows } = await client.query<{ standbys: number; seconds: number; bytes: number; told: boolean | null }>(STANDBYS);
  const [{ standbys, seconds, bytes, told }] = rows as [(typeof rows)[0]];
  const found: Finding[] = [];
  const [slot] = slots;
  if (slot!.left > 0)
    found.push(
      warn(
        'replication',
        `${slot!.left} slots are used by nobody and keep ${mebibytes(slot!.bytes)} of the log from being deleted`,
        'start their standby, or drop them by pg_drop_replication_slot',
      ),
    );
  if (standbys === 0 && !demo)
    found.push(warn('replication', 'there is no standby: what the machine of the database loses is lost', 'see docs/operations.md'));
  if (told === false)
    found.push(
      warn('replication', `how far ${standbys} standbys are behind is not told to this role`, 'grant pg_read_all_stats to the role'),
    );
  if (seconds > far.seconds || bytes > far.bytes)
    found.push(warn('replication', `a standby is ${seconds} seconds and ${mebibytes(bytes)} behind`, 'see its network and its disk'));
  return found.length > 0
    ? found
    : [ok('replication', standbys === 0 ? 'no standby, and none is expected of a demonstration' : `${standbys} standbys are abreast`)];
}
