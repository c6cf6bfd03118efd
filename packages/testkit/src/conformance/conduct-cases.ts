import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { httpResponse } from "../http-message.ts";
import { inTime, readParts } from "./ask.ts";
import { equals, holds } from "./check.ts";
import type { ConformanceCase, Kit } from "./kit.ts";

/** Frames of core, which may read the environment: the proxies of the machine, and keys that a card names. */
const OF_CORE = /[\\/](?:@fallthrough|packages)[\\/]core[\\/]/;

/** What writes, under any runner: some put a console of their own in the place of Node's. */
const CONSOLE = ["log", "info", "warn", "error", "debug", "dir", "table", "trace"] as const;

/** What a provider never does beside answering. */
export const CONDUCT_CASES: readonly ConformanceCase[] = [
  {
    title: "the request is not changed",
    async run(kit) {
      const { provider } = await kit.stage();
      const request = kit.request();
      const before = structuredClone(request);
      await Promise.allSettled([readParts(provider, request)]);

      // under jest a copy has other prototypes than what was copied
      equals(structuredClone(request), before, "the request after the call");
    },
  },
  {
    title: "the provider reads no environment variable by itself",
    async run(kit) {
      const read = await whileWatched(watchEnvironment, () => callTwice(kit));

      equals(read, [], "the list of variables that were read");
    },
  },
  {
    title: "the provider logs nothing",
    async run(kit) {
      const written = await whileWatched(watchOutput, () => callTwice(kit));

      equals(written, [], "what was written to the console");
    },
  },
  {
    title: "the provider asks no second server",
    async run(kit) {
      const { provider, server } = await kit.stage();
      const ports = await whileWatched(watchConnections, () => Promise.allSettled([kit.ask(provider)]));
      const others = ports.filter((port) => String(port) !== new URL(server.origin).port);

      equals(others, [], "the list of ports of other servers");
    },
  },
  {
    title: "a failed call is not repeated by the provider",
    async run(kit) {
      for (const status of [429, 500, 503]) {
        const { provider, server } = await kit.stage({ script: () => [{ send: httpResponse({ status }) }] });
        await inTime(Promise.allSettled([readParts(provider, kit.request())]), "the call did not end");

        // what else follows a failure, such as the end of a job or a session, repeats nothing
        const asked = server.requests.filter(kit.plan.includes).length;
        holds(
          asked <= kit.plan.steps,
          `the provider sent ${asked} requests for a call that failed with status ${status}, expected ${kit.plan.steps}`,
        );
      }
    },
  },
  {
    title: "no rejection is left unhandled",
    async run(kit) {
      const rejections = await whileWatched(watchRejections, async () => {
        await callTwice(kit);
        // a rejection counts as unhandled at the end of its turn
        await delay(1);
      });

      equals(rejections, [], "the list of unhandled rejections");
    },
  },
];

/** A good call and one that fails. */
async function callTwice(kit: Kit): Promise<void> {
  const good = await kit.stage();
  const bad = await kit.stage({ script: () => [{ send: httpResponse({ status: 500 }) }] });
  await inTime(Promise.allSettled([kit.ask(good.provider), kit.ask(bad.provider)]), "the calls did not end");
}

/** Begins to collect what a call does, and returns the function that ends it. */
type Watch<Seen> = (see: (seen: Seen) => void, isInCall: () => boolean) => () => void;

/**
 * Tells what a call does from what the test runner does meanwhile, such as writing its reports, and from what is left
 * of a case that was given up.
 */
const watchedCall = new AsyncLocalStorage<readonly unknown[]>();

async function whileWatched<Seen>(watch: Watch<Seen>, run: () => Promise<unknown>): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const end = watch(
    (one) => seen.push(one),
    () => watchedCall.getStore() === seen,
  );
  try {
    await watchedCall.run(seen, run);
  } finally {
    end();
  }
  return seen;
}

const watchEnvironment: Watch<string> = (see, isInCall) => {
  const watched = new Proxy(process.env, {
    get(target, name) {
      const reader = new Error().stack?.split("\n")[2] ?? "";
      const isOfCall = isInCall() && !OF_CORE.test(reader) && !/node:|node_modules/.test(reader);
      if (typeof name === "string" && isOfCall) see(name);
      return Reflect.get(target, name);
    },
  });
  return replaceField(process, "env", watched);
};

const watchOutput: Watch<string> = (see, isInCall) => {
  /** Takes what the call writes, and lets everybody else through. */
  const watchMethod = <Name extends string>(
    owner: Record<Name, (...values: never[]) => unknown>,
    name: Name,
  ): (() => void) => {
    const method = owner[name];
    return replaceField(owner, name, (...values: readonly unknown[]) => {
      if (!isInCall()) return Reflect.apply(method, owner, values);
      see(values.map(String).join(" "));
      return true;
    });
  };
  const ends = [
    ...CONSOLE.map((name) => watchMethod(console, name)),
    ...[process.stdout, process.stderr].map((stream) => watchMethod(stream, "write")),
  ];
  return () => {
    for (const end of ends) end();
  };
};

/** What a value took the place of, and whether it may go. */
const replaced = new WeakMap<object, { readonly before: object; isOver: boolean }>();

/**
 * Puts a value in the place of another until the returned function is called. A case that was given up may end after
 * the next one has begun, so the place is given back once all that were put on top have gone, too.
 */
function replaceField<Name extends string>(
  owner: Record<Name, object>,
  name: Name,
  value: object,
): () => void {
  const place = { before: owner[name], isOver: false };
  replaced.set(value, place);
  owner[name] = value;
  return () => {
    place.isOver = true;
    for (let top = replaced.get(owner[name]); top?.isOver; top = replaced.get(owner[name])) {
      owner[name] = top.before;
    }
  };
}

const watchConnections: Watch<number | undefined> = (see, isInCall) => {
  const onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    if (isInCall()) socket.once("connect", () => see(socket.remotePort));
  };
  subscribe("net.client.socket", onSocket);
  return () => unsubscribe("net.client.socket", onSocket);
};

const watchRejections: Watch<string> = (see) => {
  const onRejection = (reason: unknown): void => see(String(reason));
  process.on("unhandledRejection", onRejection);
  return () => process.off("unhandledRejection", onRejection);
};
