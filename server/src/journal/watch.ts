import { type ErrorCode, type NodeType, parseGlobalId, Refusal } from '@lotline/schema';
import {
  defaultFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type { Notes } from './notes';

/** Nouns whose owners are told who was shown them. */
const READ: ReadonlySet<string> = new Set<NodeType>(['ImportCertificate', 'Document']);
/** What tells the story of lots. */
const STORIES: ReadonlySet<string> = new Set(['Trace', 'Origin', 'Recall']);
/** Refusals that owners are told of. */
const TOLD: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND']);

type Arguments = Record<string, unknown>;
interface Noun {
  nodeType: NodeType;
  id: string;
}

const isNoun = (value: unknown): value is Noun => typeof value === 'object' && value !== null && 'nodeType' in value && 'id' in value;
const isPromise = (value: unknown): value is Promise<unknown> => typeof (value as Promise<unknown> | null)?.then === 'function';

/**
 * Has every field of the graph that may give a noun which is watched, or tell a story, say so in the notes of its question; and every
 * field that is looked up, what it refuses. So no way to a noun is forgotten, whoever adds it. A field that gives nothing of this is as it was.
 */
export function watch(graph: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(graph.getTypeMap())) if (isObjectType(type) && !type.name.startsWith('__')) watchType(graph, type);
  return graph;
}

function watchType(graph: GraphQLSchema, type: GraphQLObjectType): void {
  const isQuery = type === graph.getQueryType();
  const isRoot = isQuery || type === graph.getMutationType();
  for (const field of Object.values(type.getFields())) {
    // To read the journal is no look at what it speaks of.
    const shows = type.name !== 'AccessRecord' && mayShow(graph, field.type);
    const tells = STORIES.has(getNamedType(field.type).name);
    if (!shows && !tells && !field.resolve) continue;
    const resolve = field.resolve ?? defaultFieldResolver;
    const name = isRoot ? field.name : `${type.name}.${field.name}`;
    field.resolve = (source, args, context: { notes: Notes }, info) => {
      const { notes } = context;
      const given = (value: unknown) => {
        if (shows) noteRead(notes, value);
        if (tells && value) noteStory(notes, source, args);
        if (isQuery && value === null) noteRefused(notes, name, 'NOT_FOUND', idIn(args.id));
      };
      const failed = (error: unknown) => {
        if (error instanceof Refusal) noteRefusal(notes, name, error, source, args);
      };
      try {
        const result = resolve(source, args, context, info);
        // Beside the answer, not before it: nobody waits for a note.
        if (isPromise(result)) result.then(given, failed);
        else given(result);
        return result;
      } catch (error) {
        failed(error);
        throw error;
      }
    };
  }
}

function mayShow(graph: GraphQLSchema, output: GraphQLOutputType): boolean {
  const named = getNamedType(output);
  return isAbstractType(named) ? graph.getPossibleTypes(named).some(({ name }) => READ.has(name)) : READ.has(named.name);
}

function noteRead(notes: Notes, value: unknown): void {
  if (Array.isArray(value)) for (const each of value) noteRead(notes, each);
  else if (isNoun(value) && READ.has(value.nodeType)) notes.read(value.nodeType, value.id);
}

/** A story is told of the lot it is asked of, or of lots that are named. */
function noteStory(notes: Notes, source: unknown, { lots }: Arguments): void {
  if (isNoun(source)) notes.traced(source.id);
  else if (Array.isArray(lots)) for (const { id } of lots.flatMap((lot) => idIn(lot) ?? [])) notes.traced(id);
}

function noteRefusal(notes: Notes, name: string, refusal: Refusal, source: unknown, args: Arguments): void {
  for (const { code, path } of refusal.reasons) {
    if (!TOLD.has(code)) continue;
    const named = path && idIn(path.reduce<unknown>((value, step) => (value as Arguments | null | undefined)?.[step], args));
    noteRefused(notes, name, code, named ?? (isNoun(source) ? { type: source.nodeType, id: source.id } : meantBy(args)));
  }
}

/** What is not there is nobody's; whether it is is looked at when the note is written down. */
function noteRefused(notes: Notes, name: string, code: ErrorCode, about: { type: NodeType; id: string } | null): void {
  if (about || code !== 'NOT_FOUND') notes.refused(name, code, about);
}

const idIn = (text: unknown): { type: NodeType; id: string } | null => {
  const parsed = typeof text === 'string' ? parseGlobalId(text) : null;
  return parsed?.ok ? parsed.value : null;
};

/** Whom or what arguments mean that were refused as a whole: the first operation among them, which a command acts for; else the first noun. */
function meantBy(args: Arguments): { type: NodeType; id: string } | null {
  const ids = Object.values((args.input ?? args) as Arguments).flatMap((value) => idIn(Array.isArray(value) ? value[0] : value) ?? []);
  return ids.find(({ type }) => type === 'Operation') ?? ids[0] ?? null;
}
