import { letInBy, SEEN_BY_MANY, seesAll, type Viewer } from '../access';
import { groupBy, type Reader } from '../database';
import type { Change } from './feed';
import type { Stream } from './stream';

/** A change, and the streams that are to hear it. */
export interface Wanted {
  change: Change;
  streams: Stream[];
}

/** The changes that some of the streams are to hear, with these: they fit the filter, have not been told, and are in sight. */
export async function wantedOf(streams: readonly Stream[], changes: readonly Change[], reader: Reader): Promise<Wanted[]> {
  // A certifier may have certified a party for a time only, and a filter may ask who holds what: what is so to a viewer is found apart.
  const { feed } = streams[0]!.request;
  const isApart = ({ request: { viewer, costly } }: Stream) =>
    feed.asSeenBy !== undefined && !seesAll(viewer) && (viewer.certifierId !== null || costly);
  const wanted = fitting(
    streams.filter((stream) => !isApart(stream)),
    changes,
  );
  for (const own of groupBy(streams.filter(isApart), ({ request }) => request.viewer.name).values()) {
    const costly = own.some(({ request }) => request.costly);
    const told = await feed.asSeenBy!(await letInBy(own[0]!.request.viewer, reader), reader, changes, costly);
    wanted.push(
      ...fitting(
        own,
        changes.map((change, index) => ({ ...change, ...told[index]! })),
      ),
    );
  }
  wanted.sort((a, b) => Number(a.change.position - b.change.position) || a.change.before - b.change.before);
  const sees = await sightOf(wanted, reader);
  return wanted
    .map(({ change, streams: some }, index) => ({
      change,
      streams: some.filter(({ request: { viewer } }) => isInScope(change, viewer) && sees(viewer, index)),
    }))
    .filter(({ streams: some }) => some.length > 0);
}

/** The changes that streams want: each asked for once for all that have the same filter. */
function fitting(streams: readonly Stream[], changes: readonly Change[]): Wanted[] {
  const alike = [...groupBy(streams, ({ request }) => request.filter).values()];
  return changes.map((change) => ({
    change,
    streams: alike.flatMap((group) =>
      group[0]!.request.fits(change.facts) ? group.filter((stream) => stream.wants(change, stream.place.told)) : [],
    ),
  }));
}

/** Do the scopes of a key reach to a change? */
const isInScope = ({ scope }: Change, { kind, scopes }: Viewer): boolean =>
  scope === undefined || kind !== 'PARTNER' || scopes.includes(scope);

/** Which viewers see which of the changes, asked for all of them at once. */
async function sightOf(wanted: readonly Wanted[], reader: Reader): Promise<(viewer: Viewer, index: number) => boolean> {
  const viewers = new Map<string, Viewer>();
  for (const { request } of wanted.flatMap(({ streams }) => streams))
    if (!seesAll(request.viewer)) viewers.set(request.viewer.name, request.viewer);
  const asked = wanted.flatMap(({ change, streams }) => (streams.length > 0 ? change.rights : []));
  const key = (name: string, { subject, fact }: { subject: string; fact: string | null }) => `${name} ${subject} ${fact}`;
  const seen = new Set<string>();
  if (viewers.size > 0 && asked.length > 0) {
    const all = [...viewers.values()];
    const rows = await reader.query<{ name: string; place: number }>(SEEN_BY_MANY, [
      all.map(({ name }) => name),
      all.map(({ operationId }) => operationId),
      all.map(({ certifierId }) => certifierId),
      asked.map((_, place) => place),
      asked.map(({ subject }) => subject),
      asked.map(({ fact }) => fact),
      all.map(({ kind, operationId }) => (kind === 'OPERATION' ? operationId : null)),
    ]);
    for (const { name, place } of rows) seen.add(key(name, asked[place]!));
  }
  return (viewer, index) => seesAll(viewer) || wanted[index]!.change.rights.every((right) => seen.has(key(viewer.name, right)));
}
