import type { Attempt, Route } from "@fallthrough/core";
import { formatWaiting, LONGEST_NAME, waitingOf } from "@fallthrough/core/internal";
import { explainFailure } from "./failure-answer.ts";

/** What an operator sees of one request: no prompt, no answer, no key. */
export interface CallRecord {
  /** When it came. */
  readonly at: Date;
  /** The id in the answer's header `x-request-id`. */
  readonly id: string;
  /** The method and the path. */
  readonly route: string;
  /** The name of the client's token. */
  readonly client?: string | undefined;
  /** The name that was asked for. */
  readonly model?: string | undefined;
  /** The provider that answered. */
  readonly provider?: string | undefined;
  /** The model that answered. */
  readonly answeredBy?: string | undefined;
  /** HTTP status; a stream that fails after its head has 200 and a `code`. */
  readonly status: number;
  /** What it failed with. */
  readonly code?: string | undefined;
  /** What happened, on one line: each attempt with the words of its server, but no secret and nothing of the prompt. */
  readonly message?: string | undefined;
  /** Milliseconds to the first content. */
  readonly firstMs?: number | undefined;
  /** Milliseconds to the end. */
  readonly ms: number;
  /** Who was asked, and what came of it. */
  readonly attempts: readonly Pick<Attempt, "provider" | "model" | "key" | "outcome" | "code" | "ms">[];
}

/** What an operator sees of a request that waits for a server nearby, whose model may have to be loaded first. */
export interface WaitRecord extends Pick<CallRecord, "id" | "route" | "client"> {
  /** The provider that was asked. */
  readonly provider: string;
  /** The model that it was asked for by name. */
  readonly model?: string | undefined;
  /** Milliseconds since it was asked. */
  readonly ms: number;
  /** All of it in words: "ollama is loading llama3.2 ... 40 s". */
  readonly message: string;
}

/** How often the log says whom a call waits for, in milliseconds. */
const WAIT_MS = 10_000;

/** A record that is being written. */
export interface OpenRecord {
  /** The id of the request. */
  readonly id: string;
  /** The name of the client's token. */
  client: string | undefined;
  /** The name that was asked for. */
  model: string | undefined;
  /** HTTP status. */
  status: number;
  /** Whoever is asked, once that is known. */
  chain:
    | {
        /** Who was asked so far. */
        readonly route: Route;
      }
    | undefined;
  /** The method and the path. */
  readonly route: string;
  /** The body is read whole. */
  read(): void;
  /** Milliseconds since the body was read, with fractions; `undefined` where it was not. */
  sinceRead(): number | undefined;
  /** The call failed with this; the last failure counts. */
  failed(reason: unknown): void;
  /** The first content is here. */
  began(): void;
  /** Tells the record, once. */
  end(): void;
}

/** Opens the record of a request. */
export function openRecord(
  id: string,
  route: string,
  tell: ((record: CallRecord, open: OpenRecord) => void) | undefined,
  tellWaiting?: (record: WaitRecord) => void,
): OpenRecord {
  const at = new Date();
  const started = performance.now();
  let firstMs: number | undefined;
  let readAt: number | undefined;
  let ended = false;
  let failure: Pick<CallRecord, "code" | "message"> = { code: undefined, message: undefined };
  const since = (): number => Math.round(performance.now() - started);
  const record: OpenRecord = {
    id,
    route,
    client: undefined,
    model: undefined,
    status: 200,
    chain: undefined,
    read() {
      readAt = performance.now();
    },
    sinceRead: () => (readAt === undefined ? undefined : performance.now() - readAt),
    failed(reason) {
      const { code } = explainFailure(reason);
      // the words of what is nobody's error are for nobody
      const words = code !== "internal" && reason instanceof Error ? oneLine(reason.message) : undefined;
      failure = { code, message: words };
    },
    began() {
      firstMs ??= since();
    },
    end() {
      if (ended) return;
      ended = true;
      clearInterval(waits);
      if (tell === undefined) return;
      const { client, model, status, chain } = record;
      const { provider, model: answeredBy, attempts = [] } = chain?.route ?? {};
      const asked = attempts.map(({ provider, model, key, outcome, code, ms }) => ({
        provider,
        model,
        ...(key && { key }),
        outcome,
        code,
        ms,
      }));
      const facts = { client, model, provider, answeredBy, status, ...failure, firstMs };
      try {
        tell({ at, id, route, ...facts, ms: since(), attempts: asked }, record);
      } catch {
        // an observer changes nothing about what it observes
      }
    },
  };
  const waits = tellWaiting && setInterval(() => noteWaiting(record, tellWaiting), WAIT_MS).unref();
  return record;
}

function noteWaiting({ id, route, client, chain }: OpenRecord, tell: (record: WaitRecord) => void): void {
  const waiting = chain && waitingOf(chain.route);
  if (waiting === undefined) return;
  const { provider, model, since } = waiting;
  const ms = Math.round(performance.now() - since);
  try {
    tell({ id, route, client, provider, model, ms, message: formatWaiting(waiting) });
  } catch {
    // an observer changes nothing about what it observes
  }
}

/** A chain has a line for each attempt. */
function oneLine(message: string): string {
  const line = message.replaceAll(/\s*\n\s*/g, "; ");
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE)}…`;
}

const LONGEST_MESSAGE = 2_000;
const KEPT_ID = /^[\w.:-]{1,128}$/;

/** The id of a request: the client's own, if a header and a line of a log can hold it. */
export function requestIdOf(given: string | null): string {
  return given !== null && KEPT_ID.test(given) ? given : crypto.randomUUID();
}

/** A name as it is logged and kept: of a text that is too long for a name only the length, because anybody may send one. */
export function shownName(model: string | undefined): string | undefined {
  if (model === undefined || model.length <= LONGEST_NAME) return model;
  return `(a text of ${model.length} characters)`;
}
