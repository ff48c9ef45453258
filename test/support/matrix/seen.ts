import { subscribe } from '../live';
import type { As } from '../lotline';
import { SCOPES, type Scope, type Story } from './story';
import type { Section, Table } from './table';
import { atTheEnd, documentOf, type Walker, type Way } from './walk';

// What each kind of viewer gets of each field of a section: asked by every way into the type, and compared with what the administrator gets.

/** From the most that a cell can say to the least; any code of a refusal stands between. */
const MOST_FIRST = ['full', 'own', 'withheld', 'FORBIDDEN', 'UNAUTHENTICATED', 'absent', 'NOT_FOUND', '-'];

/** Cells that say that there is something. */
const SHOWN = new Set(['full', 'own', 'withheld']);

/** Most ways that are gone in one question. */
const AT_ONCE = 20;

/** What stands at the end of a way, or why nothing does. */
interface Found {
  objects: any[];
  refused: string | null;
}

/** A way that a viewer goes, with what it asks for at its end. */
interface Going {
  way: Way;
  part: string[];
  as: As;
}

/** What one way shows of fields, to one viewer: by field the values, each as text; or why it shows nothing. */
interface Shown {
  values: Map<string, string[]>;
  refused: Map<string, string>;
}

export class Seen {
  /** Pages that do not count what they show, or do not end where it ends. */
  readonly wrongPages: string[] = [];

  constructor(
    private readonly story: Story,
    private readonly walker: Walker,
    private readonly table: Table,
  ) {}

  /** By field and kind of viewer the cells of a section, as the server answers. */
  async cells(section: Section, fields: readonly string[]): Promise<Section['rows']> {
    const { ours, ids } = this.story;
    const of = new Set(section.of.map((name) => ids[name]));
    const isAsked = (object: any) => (of.size > 0 && object.id ? of.has(object.id) : object.id === undefined || ours.has(object.id));
    const ways = this.walker
      .into(section.type)
      .filter((way) => way[0]?.parent !== 'Subscription' || way.length === 1)
      // What is asked of nouns is not mixed with what is asked of nothing in particular.
      .filter(
        (way) =>
          section.of.length === 0 || this.walker.isNoun(section.type) || way.slice(0, -1).some(({ type }) => this.walker.isNoun(type)),
      );
    const viewers = Object.entries(this.story.viewers(section.party));
    const cells: Section['rows'] = Object.fromEntries(fields.map((field) => [field, {}]));
    // Where a noun's edges lead is the same by whatever way it was found; what is refused is refused before it is looked up.
    const isById = (way: Way) => way.length === 1 && way[0]!.field === 'node';
    const few = fields.filter((field) => !this.walker.isNoun(section.type) || this.walker.isLeaf(section.type, field));
    const all = await Promise.all(
      viewers.map(async ([name, as]) => {
        const asked = ways.map((way) => [way, isById(way) || name === 'narrow' ? fields : few] as const);
        return [name, await this.ask(section, asked, name, as, isAsked)] as const;
      }),
    );
    const most = all.find(([name]) => name === 'administrator')![1];
    for (const [name, shown] of all)
      for (const way of ways)
        for (const field of fields) {
          const told = field === 'withheld' || section.type === 'WithheldLot' ? 'withheld' : 'own';
          const { values, refused } = shown.get(way)!;
          const cell = compare(values.get(field) ?? [], most.get(way)!.values.get(field) ?? [], { refused: refused.get(field), told });
          const before = cells[field]![name] ?? '-';
          cells[field]![name] = MOST_FIRST.indexOf(cell) < MOST_FIRST.indexOf(before) ? cell : before;
        }
    // Of what nobody has, nothing is hidden.
    for (const of of Object.values(cells))
      if (!Object.values(of).some((cell) => SHOWN.has(cell))) for (const name of Object.keys(of)) of[name] = '-';
    return cells;
  }

  /** Fields in groups that a narrow key lacks the same scope for: of the type, or of what the field leads to, or of where it stands. */
  private lacking(type: string, way: Way, fields: readonly string[]): Map<Scope | null, string[]> {
    const scopeOf = (name: string) => SCOPES.find((scope) => this.table.scopes[scope]?.includes(name)) ?? null;
    const around = way.findLast((step) => scopeOf(step.type) !== null);
    const groups = new Map<Scope | null, string[]>();
    for (const field of fields) {
      const scope = scopeOf(type) ?? scopeOf(this.walker.leadsTo(type, field)) ?? (around ? scopeOf(around.type) : null);
      groups.set(scope, [...(groups.get(scope) ?? []), field]);
    }
    return groups;
  }

  /** What each way shows to a viewer of the fields that are asked for at its end. */
  private async ask(
    section: Section,
    ways: readonly (readonly [Way, readonly string[]])[],
    name: string,
    as: (lacking: Scope | null) => As,
    isAsked: (object: any) => boolean,
  ): Promise<Map<Way, Shown>> {
    const { type } = section;
    const goings = ways.flatMap(([way, fields]) => {
      const groups = name === 'narrow' ? this.lacking(type, way, fields) : new Map([[null, [...fields]]]);
      return [...groups].flatMap(([scope, group]): Going[] => {
        const parts = type === 'Query' || type === 'Subscription' ? group.map((field) => [field]) : [group];
        return parts.map((part) => ({ way, part, as: as(scope) }));
      });
    });
    const all = new Map(ways.map(([way]): [Way, Shown] => [way, { values: new Map(), refused: new Map() }]));
    for (const [{ way, part }, { objects, refused }] of await this.found(type, goings)) {
      const shown = all.get(way)!;
      if (refused !== null) for (const field of part) shown.refused.set(field, refused);
      const isChange = way[0]?.parent === 'Subscription';
      for (const object of objects.filter((each) => (isChange ? this.isOurs(each) : isAsked(each))))
        for (const field of part) {
          const values = shown.values.get(field) ?? [];
          values.push(...this.valuesOf(object, field, `${section.name}.${field} for ${name}`));
          shown.values.set(field, values);
        }
    }
    return all;
  }

  /** What stands at the end of ways: those that ask for the same as the same viewer are gone in one question. */
  private async found(type: string, goings: readonly Going[]): Promise<[Going, Found][]> {
    const alike = new Map<string, Going[]>();
    for (const going of goings) {
      const { way, part, as } = going;
      const isHeard = type === 'Subscription' || way[0]?.parent === 'Subscription';
      const key = isHeard ? `heard ${alike.size}` : JSON.stringify([as, part]);
      alike.set(key, [...(alike.get(key) ?? []), going]);
    }
    const all: [Going, Found][] = [];
    for (const group of alike.values())
      for (let from = 0; from < group.length; from += AT_ONCE) all.push(...(await this.together(type, group.slice(from, from + AT_ONCE))));
    return all;
  }

  private async together(type: string, goings: readonly Going[]): Promise<[Going, Found][]> {
    const { part, as, way } = goings[0]!;
    const asked = part.map((field) => this.walker.askedAs(type, field)).join(' ');
    const change = type === 'Subscription' ? part[0]! : way[0]?.parent === 'Subscription' ? way[0].field : null;
    if (change !== null) {
      const shown = type === 'Subscription' ? asked.slice(asked.indexOf('{')) : `{ ${asked} }`;
      const heard = await this.hear(change, shown, as);
      return [[goings[0]!, type === 'Subscription' ? { ...heard, objects: [{ [`${change}_0`]: heard.objects }] } : heard]];
    }
    const document = documentOf(
      goings.map((going) => going.way),
      type,
      `${this.walker.isNoun(type) ? 'id ' : ''}${asked}`,
    );
    const { data, errors = [] } = await this.story.lotline.ask(document, {}, as);
    const wrong = errors.find(({ extensions: { code } }) => ['GRAPHQL_VALIDATION_FAILED', 'TOO_COSTLY', 'BAD_USER_INPUT'].includes(code));
    if (wrong) throw new Error(`${document}: ${wrong.message}`);
    // A refusal that leaves nothing of the answer would hide what the other ways show.
    if (!data && goings.length > 1) {
      const all: [Going, Found][] = [];
      for (const going of goings) all.push(...(await this.together(type, [going])));
      return all;
    }
    return goings.map((going, number) => {
      const name = `way_${number}`;
      const refused = errors.find(({ path }) => going.way.length === 0 || !path || path[0] === name)?.extensions.code ?? null;
      return [going, { objects: atTheEnd(going.way, going.way.length === 0 ? data : data?.[name]), refused }];
    });
  }

  /** Every change of the story that somebody hears of. */
  private async hear(field: string, shown: string, as: As): Promise<Found> {
    const query = `subscription { ${field}(after: ${JSON.stringify(this.story.before(as))}) { cursor sequence change ${shown} } }`;
    try {
      const stream = await subscribe(this.story.lotline, { query, as });
      await stream.abreast();
      await stream.close();
      return { objects: stream.changes, refused: null };
    } catch (error) {
      const code = (error as { body?: any }).body?.errors?.[0]?.extensions.code;
      if (code === undefined) throw error;
      return { objects: [], refused: code };
    }
  }

  /** What a field of an object says, of our story, as texts; nothing where it is null or an empty list. */
  private valuesOf(object: any, field: string, place: string): string[] {
    const raw = Object.entries(object).flatMap(([name, value]) => (name.replace(/_\d+$/, '') === field ? [value as any] : []));
    return raw.flatMap((value) => {
      if (field === 'lot' && value === null && 'withheld_0' in object && object.withheld_0 !== null) return ['withheld'];
      const list = value?.nodes ?? value;
      if (value?.nodes) this.checkPage(value, place);
      const each = Array.isArray(list) ? list : list === null ? [] : [list];
      return each.filter((item) => this.isOurs(item)).map((item) => opaque(JSON.stringify(item)));
    });
  }

  /** Not the stranger's: by its id, or by those of what it is of. */
  private isOurs(item: any): boolean {
    if (item === null || typeof item !== 'object') return item !== null;
    if (item.id) return this.story.ours.has(item.id) || isPublic(item.id);
    return Object.values(item).every((value) => typeof value !== 'object' || this.isOurs(value) || value === null);
  }

  private checkPage({ nodes, edges, totalCount, pageInfo }: any, place: string): void {
    const agree =
      (totalCount === undefined || totalCount === nodes.length) &&
      JSON.stringify(edges.map(({ node }: any) => node)) === JSON.stringify(nodes) &&
      pageInfo.hasNextPage === false &&
      [pageInfo.startCursor, pageInfo.endCursor].every((cursor) => (cursor === null) === (nodes.length === 0));
    if (!agree) this.wrongPages.push(place);
  }
}

/** Refs are others for every viewer. */
const opaque = (text: string): string => text.replace(/"[\w-]{22}"/g, '"ref"');

const isPublic = (globalId: string): boolean => /^(Certifier|Product):/.test(Buffer.from(globalId, 'base64url').toString());

/** @param told what is said of a value that the administrator does not get */
function compare(values: string[], most: string[], { refused, told }: { refused: string | undefined; told: string }): string {
  if (values.length === 0) return refused ?? (most.length === 0 ? '-' : 'absent');
  if (values.every((value) => value === 'withheld')) return 'withheld';
  if (most.length === 0) return told;
  return JSON.stringify([...values].sort()) === JSON.stringify([...most].sort()) ? 'full' : 'own';
}
