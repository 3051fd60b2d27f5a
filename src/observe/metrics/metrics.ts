// The metrics of a process, in the text format of Prometheus.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition, type MetricName } from './definitions.ts';

export type Labels = Readonly<Record<string, string>>;

/** One value of a gauge. */
export type Sample = { readonly name: MetricName; readonly labels?: Labels; readonly value: number };

export type Metrics = Disposable & {
  count(name: MetricName, labels: Labels, by?: number): void;
  observe(name: MetricName, labels: Labels, value: number): void;
  set(sample: Sample): void;
  /** Replaces all samples of these gauges: deleted views have none any more. */
  replace(names: readonly MetricName[], samples: readonly Sample[]): void;
  /** Called before each response, for values that are cheap to read. */
  beforeAnswer(work: () => void): void;
  /** Content type and text. */
  answer(): Promise<{ readonly type: string; readonly text: string }>;
};

export type MetricsOptions = { readonly kind: string; readonly version: string };

/**
 * How often the delay of the event loop is measured. The delays of an idle loop are shown as this long. Every 10 ms, the default,
 * takes 0.3% of a core, which is most of what metrics cost; every 50 ms takes 0.1%.
 */
const EVENT_LOOP_MS = 50;

/** Collects only Node's process metrics; the work happens in the response. */
export function openMetrics({ kind, version }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_MS });
  // Gauges with the name of counters, which promtool rejects.
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`);
  const made = new Map(Object.entries(METRICS).map(([name, definition]) => [name, make(registry, name, definition)]));
  const before: (() => void)[] = [];
  const of = <Kind extends Metric>(name: MetricName, type: new (...args: never[]) => Kind): Kind => {
    const metric = made.get(name);
    if (!(metric instanceof type)) throw new Error(`${name} is no ${type.name}`);
    return metric;
  };
  const set = ({ name, labels = {}, value }: Sample) => of(name, Gauge).set(labels, value);
  set({ name: 'millrace_build_info', labels: { kind, version }, value: 1 });
  return {
    count: (name, labels, by = 1) => of(name, Counter).inc(labels, by),
    observe: (name, labels, value) => of(name, Histogram).observe(labels, value),
    set,
    replace(names, samples) {
      for (const name of names) clear(of(name, Gauge), METRICS[name].labels);
      for (const sample of samples) set(sample);
    },
    beforeAnswer: (work) => void before.push(work),
    async answer() {
      for (const work of before) work();
      return { type: registry.contentType, text: await registry.metrics() };
    },
    [Symbol.dispose]: () => registry.clear(),
  };
}

type Metric = Counter | Gauge | Histogram;

/** Removes all samples. The library gives a gauge without labels the value 0, which is not a measurement. */
function clear(gauge: Gauge, labels: readonly string[]): Gauge {
  gauge.reset();
  if (labels.length === 0) gauge.remove();
  return gauge;
}

function make(registry: Registry, name: string, { type, help, labels, buckets }: MetricDefinition): Metric {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  if (type === 'counter') return new Counter(options);
  if (type === 'gauge') return clear(new Gauge(options), labels);
  return new Histogram({ ...options, ...(buckets === undefined ? {} : { buckets: [...buckets] }) });
}
