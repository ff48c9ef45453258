import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

// Spans of our own, where there is something to know. No plugin that wraps resolvers: it would undo the compiled path. While nothing is traced
// each of these does what it is asked to do and nothing else.

let tracing = false;

/** From now on spans are made, or no more. */
export function traceFromNowOn(on: boolean): void {
  tracing = on;
}

const tracer = () => trace.getTracer('lotline');

/** The span of a request, and the one of its phases that is going on: whoever executes does not call the resolvers from within. */
interface Asked {
  span: Span;
  phase: Span | null;
}
const ASKED = createContextKey('lotline request');

/** Where a new span belongs. */
function here(): Context {
  const active = context.active();
  const asked = active.getValue(ASKED) as Asked | undefined;
  return asked?.phase && trace.getSpan(active) === asked.span ? trace.setSpan(active, asked.phase) : active;
}

/** What went wrong, by its kind: words may hold what somebody wrote. */
const kindOf = (error: unknown): string => {
  const { reasons, code, name } = error as { reasons?: readonly { code: string }[]; code?: unknown; name?: string };
  return reasons?.[0]?.code ?? (typeof code === 'string' ? code : (name ?? 'Error'));
};

function end(span: Span, error?: unknown): void {
  if (error !== undefined && error !== null) {
    span.setAttribute('error.type', kindOf(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** What a span says as it goes on. */
export type Say = (attributes: Attributes) => void;
const NOTHING: Say = () => {};

export interface SpanOptions {
  attributes?: Attributes;
  /** Does it speak to somebody outside of this process? */
  outward?: boolean;
  /** Does it begin a trace of its own? */
  root?: boolean;
}

/** Works within a span. No attribute may hold what somebody wrote, nor any secret. */
export function inSpan<Done>(
  name: string,
  { attributes, outward = false, root = false }: SpanOptions,
  work: (say: Say) => Promise<Done>,
): Promise<Done> {
  if (!tracing) return work(NOTHING);
  const parent = root ? ROOT_CONTEXT : here();
  const span = tracer().startSpan(name, { attributes, kind: outward ? SpanKind.CLIENT : SpanKind.INTERNAL }, parent);
  const say: Say = (more) => void span.setAttributes(more);
  return context.with(trace.setSpan(parent, span), work, undefined, say).then(
    (done) => {
      end(span);
      return done;
    },
    (error) => {
      end(span, error);
      throw error;
    },
  );
}

type Query = (...given: unknown[]) => unknown;

/** Sends a statement within a span that says its first word, where somebody traces what it is sent for. */
export function statement(query: Query, given: unknown[]): unknown {
  if (!tracing) return query(...given);
  const parent = here();
  if (!trace.getSpan(parent)?.isRecording()) return query(...given);
  const [first] = given as [string | { text?: unknown } | undefined];
  const text = typeof first === 'string' ? first : first?.text;
  if (typeof text !== 'string') return query(...given);
  const word = /^[\s(]*([a-z]{1,20})/i.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
  const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': word };
  const span = tracer().startSpan(`sql ${word}`, { attributes, kind: SpanKind.CLIENT }, parent);
  const last = given.at(-1);
  if (typeof last === 'function') {
    const told = (error: unknown, ...results: unknown[]) => {
      end(span, error);
      last(error, ...results);
    };
    return query(...given.slice(0, -1), told);
  }
  const answer = query(...given);
  if (answer instanceof Promise)
    answer.then(
      () => end(span),
      (error) => end(span, error),
    );
  else span.end();
  return answer;
}

/** Headers by which another system goes on with the trace. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  if (tracing) propagation.inject(here(), headers);
  return headers;
}

/** The span of a request, from its headers to the end of its answer. */
export class RequestSpan {
  /** Under which the trace is found; null where it is not kept. */
  readonly traceId: string | null;
  private readonly asked: Asked;
  private readonly context: Context;

  private constructor(attributes: Attributes, headers: object) {
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const span = tracer().startSpan(
      `${attributes['http.request.method']} ${attributes['http.route']}`,
      { kind: SpanKind.SERVER, attributes },
      parent,
    );
    this.traceId = span.isRecording() ? span.spanContext().traceId : null;
    this.asked = { span, phase: null };
    this.context = trace.setSpan(parent, span).setValue(ASKED, this.asked);
  }

  /** Begins one; null where nothing is traced. */
  static begin(attributes: Attributes, headers: object): RequestSpan | null {
    return tracing ? new RequestSpan(attributes, headers) : null;
  }

  /** What follows from `work` belongs to it. */
  within(work: () => void): void {
    context.with(this.context, work);
  }

  /** Begins a phase; what is asked meanwhile belongs to that. @returns what ends it */
  phase(name: string, attributes: Attributes = {}): (error?: unknown) => void {
    const span = tracer().startSpan(name, { attributes }, this.context);
    this.asked.phase = span;
    return (error) => {
      if (this.asked.phase === span) this.asked.phase = null;
      end(span, error);
    };
  }

  end(attributes: Attributes, failed: boolean): void {
    const { span } = this.asked;
    span.setAttributes(attributes);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}
