import { types } from "node:util";
import fc from "fast-check";

/** A value that nobody expects, made anew for each trial: some change when they are looked at. */
export interface WildValue {
  /** What it is, for who reads of a failure. */
  readonly kind: unknown;
  /** Makes it. */
  readonly create: () => unknown;
}

class Instance {
  readonly field = "value";
  get messages(): never {
    throw new Error("a getter of a class");
  }
}

function refuse(): never {
  throw new TypeError("a trap");
}

const THEN = "then";
const DEEP_OBJECT: unknown = Array.from({ length: 20_000 }).reduce((deep) => ({ deep }), "end");
const DEEP_LIST: unknown = Array.from({ length: 20_000 }).reduce((deep) => [deep], "end");
const TRAPS = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map((name) => [name, refuse]),
) as ProxyHandler<object>;

/** Values that fast-check does not make. */
const ODD_VALUES: Readonly<Record<string, () => unknown>> = {
  "a proxy whose traps throw": () => new Proxy({}, TRAPS),
  "a proxy of a list whose traps throw": () => new Proxy([], TRAPS),
  "a proxy of a function whose traps throw": () => new Proxy(() => {}, TRAPS),
  "a proxy that throws a proxy": () =>
    new Proxy(
      {},
      {
        get() {
          throw new Proxy({}, TRAPS);
        },
      },
    ),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "a revoked proxy of a list": () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  "a proxy that has everything": () => new Proxy({}, { get: (_, key) => key, has: () => true }),
  "getters that throw": () => objectWithGetters(refuse),
  "getters that throw nothing": () =>
    objectWithGetters(() => {
      throw undefined;
    }),
  "a getter that throws the second time": () => {
    let asked = 0;
    return objectWithGetters(() => (asked++ === 0 ? "text" : refuse()));
  },
  "a getter that gives something else each time": () => {
    let asked = 0;
    return objectWithGetters(() => [undefined, "text", 3, null, []][asked++ % 5]);
  },
  "an instance of a class": () => new Instance(),
  "a class": () => Instance,
  "a function": () => () => {},
  "a function that throws": () => refuse,
  "a symbol": () => Symbol("odd"),
  "a cycle": () => {
    const cycle: Record<string, unknown> = { type: "text" };
    cycle["self"] = cycle;
    cycle["list"] = [cycle];
    return cycle;
  },
  "a list with a cycle": () => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  },
  "a sparse list": () => new Array(3),
  "a very long list with nothing in it": () => new Array(4_000_000_000),
  "a list with a length of its own": () => Object.assign(Object.create(Array.prototype), { length: -1 }),
  "an object without a prototype": () => Object.assign(Object.create(null), { role: "user", content: "q" }),
  "an object whose prototype is a list": () => Object.create([]),
  "a very deep object": () => DEEP_OBJECT,
  "a very deep list": () => DEEP_LIST,
  "a huge name": () => "n".repeat(100_000),
  "a text with control characters": () => "\u0000\r\n\u2028\ud800",
  "a key named __proto__": () => JSON.parse('{"__proto__":{"role":"user"},"constructor":1}'),
  "a huge key": () => ({ ["k".repeat(10_000)]: 1 }),
  NaN: () => Number.NaN,
  "minus zero": () => -0,
  infinity: () => Number.POSITIVE_INFINITY,
  "a bigint": () => 2n ** 80n,
  "an invalid date": () => new Date(Number.NaN),
  bytes: () => new Uint8Array(8),
  "detached bytes": () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    return bytes;
  },
  "what claims to be bytes": () => ({ [Symbol.toStringTag]: "Uint8Array" }),
  "what claims to be an address": () => ({ [Symbol.toStringTag]: "URL", href: "no address" }),
  "an address": () => new URL("https://example.com/a"),
  "a promise": () => Promise.resolve("later"),
  "what has a `then` that throws": () => Object.defineProperty({}, THEN, { value: refuse, enumerable: true }),
  "what turns into no text": () => ({
    toString: refuse,
    valueOf: refuse,
    toJSON: refuse,
    [Symbol.toPrimitive]: refuse,
  }),
  "an aborted signal": () => AbortSignal.abort(new Error("aborted")),
  "a signal that cannot be listened to": () => ({ aborted: false, addEventListener: refuse }),
  "a signal that throws": () => ({
    get aborted() {
      return refuse();
    },
  }),
  "an error whose message throws": () => Object.defineProperty(new Error("x"), "message", { get: refuse }),
};

/** Fields that somebody looks at, each with this getter. */
function objectWithGetters(get: () => unknown): object {
  const names = ["role", "content", "messages", "type", "id", "provider", "stream", "code", "then", "delta"];
  const descriptors = names.map((name) => [name, { get, enumerable: true }] as const);
  return Object.defineProperties({}, Object.fromEntries(descriptors));
}

const odd: fc.Arbitrary<WildValue> = fc
  .constantFrom(...Object.keys(ODD_VALUES))
  .map((kind) => ({ kind, create: ODD_VALUES[kind] as () => unknown }));

const random: fc.Arbitrary<WildValue> = fc
  .oneof(
    fc.jsonValue(),
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withNullPrototype: true,
      withObjectString: true,
      withBoxedValues: true,
      maxDepth: 3,
    }),
  )
  .map((value) => ({ kind: value, create: () => value }));

/** Any value of JavaScript, the worst ones more often than chance would have it. */
export const wildValue: fc.Arbitrary<WildValue> = fc.oneof(
  { weight: 2, arbitrary: odd },
  { weight: 1, arbitrary: random },
);

/** The body of a request that nobody wrote on purpose. */
export const anyBody: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc.oneof(
  fc.json(),
  fc.string(),
  fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
);

/** How a value that is right is spoiled. */
export interface Spoiling {
  /** Which of its places, of which there are as many as the value has. */
  readonly place: number;
  /** What happens to the place. */
  readonly how: "replaced" | "read by a getter" | "left out" | "joined by an unknown field";
  /** What stands there afterwards. */
  readonly value: WildValue;
  /** Whether the whole is frozen then. */
  readonly frozen: boolean;
}

/** One field of a value that is right, or the value itself, spoiled. */
export const spoiling: fc.Arbitrary<Spoiling> = spoilingWith(wildValue);

/** The same with what JSON can hold. */
export const jsonSpoiling: fc.Arbitrary<Spoiling> = spoilingWith(
  fc.jsonValue().map((value) => ({ kind: value, create: () => structuredClone(value) })),
);

function spoilingWith(value: fc.Arbitrary<WildValue>): fc.Arbitrary<Spoiling> {
  const how = fc.oneof(
    { weight: 12, arbitrary: fc.constant("replaced" as const) },
    { weight: 2, arbitrary: fc.constantFrom("left out" as const, "joined by an unknown field" as const) },
    { weight: 1, arbitrary: fc.constant("read by a getter" as const) },
  );
  return fc.record({ place: fc.nat(10_000), how, value, frozen: fc.boolean() });
}

/** What came of spoiling a value. */
export interface Spoiled {
  /** The value. */
  readonly value: unknown;
  /** Where it was spoiled; empty for the value as a whole. */
  readonly path: readonly string[];
}

/** Spoils one place of a plain value, which is changed. */
export function spoil(plain: object, { place, how, value, frozen }: Spoiling): Spoiled {
  const places = placesOf(plain);
  const [holder, path] = places[place % places.length] as Place;
  const key = path.at(-1);
  const wild = value.create();
  if (key === undefined) return { value: wild, path };
  if (how === "replaced") holder[key] = wild;
  else if (how === "left out") delete holder[key];
  else if (how === "read by a getter")
    Object.defineProperty(holder, key, { get: () => wild, enumerable: true });
  else holder[`${key}x`] = wild;
  if (frozen) freezeAll(plain, wild);
  return { value: plain, path };
}

type Place = readonly [holder: Record<string, unknown>, path: readonly string[]];

/** Every field of plain objects and lists, and the whole. */
function placesOf(value: unknown, path: readonly string[] = []): readonly Place[] {
  const own: readonly Place[] = path.length === 0 ? [[{}, []]] : [];
  if (!isPlain(value)) return own;
  const fields = Object.keys(value).map((key) => [...path, key]);
  return [
    ...own,
    ...fields.flatMap((field) => [
      [value, field] as const,
      ...placesOf(value[field.at(-1) as string], field),
    ]),
  ];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** Freezes the value and all that it holds but one. */
function freezeAll(value: object, wild: unknown): void {
  const found = new Set<object>([value]);
  for (const one of found) {
    for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(one))) {
      if (isPlain(descriptor.value) && descriptor.value !== wild) found.add(descriptor.value);
    }
    Object.freeze(one);
  }
}
