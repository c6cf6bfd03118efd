/** A family of metrics in Prometheus' text form. */
interface Family {
  /** Its name, with its unit. */
  readonly name: string;
  /** What it is, in one sentence. */
  readonly help: string;
  /** Its lines. */
  lines(): readonly string[];
}

/** The labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** Counts up from 0. */
export interface Counter extends Family {
  /** Adds to one series. */
  add(labels: Labels, value?: number): void;
}

/** Counts values by size. */
export interface Histogram extends Family {
  /** Adds a value to one series. */
  observe(labels: Labels, value: number): void;
}

/** The media type of the text form. */
export const TEXT_FORM: string = "text/plain; version=0.0.4; charset=utf-8";

/** A counter without series. */
export function createCounter(name: string, help: string): Counter {
  const series = new Map<string, number>();
  return {
    name,
    help,
    add(labels, value = 1) {
      const key = formatLabels(labels);
      series.set(key, (series.get(key) ?? 0) + value);
    },
    lines: () =>
      head(name, help, "counter").concat([...series].map(([key, value]) => `${name}${key} ${value}`)),
  };
}

/** A histogram without series; the bounds of its buckets are in the unit of its name. */
export function createHistogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = new Map<string, { readonly labels: Labels; readonly counts: number[]; sum: number }>();
  return {
    name,
    help,
    observe(labels, value) {
      const key = formatLabels(labels);
      const one = series.get(key) ?? { labels, counts: [...bounds, 0].map(() => 0), sum: 0 };
      series.set(key, one);
      const place = bounds.findIndex((bound) => value <= bound);
      const bucket = place === -1 ? bounds.length : place;
      one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
      one.sum += value;
    },
    lines: () =>
      head(name, help, "histogram").concat(
        [...series].flatMap(([key, { labels, counts, sum }]) => {
          let total = 0;
          const buckets = counts.map((count, index) => {
            total += count;
            const le = index === bounds.length ? "+Inf" : `${bounds[index]}`;
            return `${name}_bucket${formatLabels({ ...labels, le })} ${total}`;
          });
          return [...buckets, `${name}_sum${key} ${sum}`, `${name}_count${key} ${total}`];
        }),
      ),
  };
}

/** The lines of a metric that is as it is now. */
export function formatGauge(
  name: string,
  help: string,
  values: readonly (readonly [labels: Labels, value: number])[],
): readonly string[] {
  return head(name, help, "gauge").concat(
    values.map(([labels, value]) => `${name}${formatLabels(labels)} ${value}`),
  );
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help.replaceAll("\\", "\\\\")}`, `# TYPE ${name} ${type}`];
}

function formatLabels(labels: Labels): string {
  let text = "";
  for (const name in labels) {
    const value = labels[name] ?? "";
    text += `${text === "" ? "{" : ","}${name}="${PLAIN.test(value) ? value : escapeValue(value)}"`;
  }
  return text === "" ? "" : `${text}}`;
}

/** What nearly every name is made of. */
const PLAIN = /^[\w ./:@+-]*$/;

/** A text that is written and read as one value, whatever it holds; half a surrogate pair cannot be encoded. */
function escapeValue(value: string): string {
  return Buffer.from(value)
    .toString()
    .replace(/[\\"]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replace(/\p{Cc}/gu, "");
}
