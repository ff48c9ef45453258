import { context, propagation, trace } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { traceFromNowOn } from './spans';

/** Where spans are sent, and which: the standard's settings. */
export interface TracingSettings {
  /** OTLP over HTTP, without its /v1/traces; null for no tracing at all. */
  endpoint: string | null;
  /** `name=value,name=value`, as the standard writes it; may hold secrets. */
  headers: string | null;
  serviceName: string;
  sampler: 'always_on' | 'always_off' | 'traceidratio' | 'parentbased_always_on' | 'parentbased_always_off' | 'parentbased_traceidratio';
  /** For the ratio samplers, from 0 to 1. */
  ratio: number;
}

/** How long a collector may take for spans, and a stop for the last of them, milliseconds. */
const TAKEN_WITHIN_MS = 2000;

function headersIn(text: string | null): Record<string, string> {
  const pairs = (text ?? '').split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}

/**
 * Traces this process from now on, where there is somewhere to send spans to. The libraries are loaded only then. What does not fit into the
 * bounded queue, or is not taken, is dropped: nobody waits for it.
 * @returns what ends it, having sent what is left
 */
export async function startTracing(settings: TracingSettings, version: string): Promise<() => Promise<void>> {
  const { endpoint } = settings;
  if (endpoint === null) return async () => {};
  const [{ AsyncLocalStorageContextManager }, { W3CTraceContextPropagator }, { OTLPTraceExporter }, { resourceFromAttributes }, sdk] =
    await Promise.all([
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-base'),
    ]);
  const { AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } = sdk;
  const name = settings.sampler.replace('parentbased_', '');
  const root: Sampler =
    name === 'always_on'
      ? new AlwaysOnSampler()
      : name === 'always_off'
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(settings.ratio);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: headersIn(settings.headers),
    timeoutMillis: TAKEN_WITHIN_MS,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': settings.serviceName, 'service.version': version, 'process.pid': process.pid }),
    sampler: settings.sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root,
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: 4096, scheduledDelayMillis: 1000 })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  traceFromNowOn(true);
  return async () => {
    traceFromNowOn(false);
    let cut: NodeJS.Timeout | undefined;
    const late = new Promise<void>((done) => {
      cut = setTimeout(done, TAKEN_WITHIN_MS);
    });
    await Promise.race([provider.shutdown().catch(() => {}), late]);
    clearTimeout(cut);
    for (const each of [trace, propagation, context]) each.disable();
  };
}
