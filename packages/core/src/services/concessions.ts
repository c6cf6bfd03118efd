import type { JsonObject, StreamPart } from "../contract/contract.ts";
import type { ChatErrorCode } from "../errors/error-codes.ts";
import type { FailedAnswer } from "../http/types.ts";
import { parseFailureBody } from "./server-failure.ts";

/** How a body asks for less than the request wishes, because the server refused one of its fields. */
export interface Concession {
  /** The field that the server names. */
  readonly field: string;
  /** How the server's words speak of the field; `false` where they say nothing sure. @default by its name */
  readonly words?: RegExp | false | undefined;
  /** What the caller loses by it; absent where it is nothing. */
  readonly warning?: string | undefined;
  /** The body without the wish; `undefined` where it does not hold it. */
  apply(body: JsonObject): JsonObject | undefined;
}

/** What an instance has conceded to its server, by model. */
export interface Concessions {
  /**
   * What `send` gives for the body without what the server refused before.
   *
   * Where the server refuses the body and names one wish, it is sent again without it, and where the server then
   * answers, the model is never asked for it again. `send` hands on every answer that is no success.
   */
  ask<Answer>(
    model: string,
    body: JsonObject,
    send: (body: JsonObject, observe: (answer: FailedAnswer) => void) => Promise<Answer>,
  ): Promise<Answer>;
  /** What a caller loses whose request has this body. */
  warnings(model: string, body: JsonObject): StreamPart[];
}

/** So many models are remembered: names come from outside. */
const MOST_MODELS = 256;

/** So many wishes of one request are given up one after the other: a server names only the first that it refuses. */
const MOST_TRIES = 3;

/** The server speaks of something else, in words that may hold the name of a wish. */
const OTHER_CODES: readonly (ChatErrorCode | undefined)[] = [
  "context-length",
  "auth",
  "payment",
  "not-found",
  "blocked",
  "rate-limit",
  "content-filter",
];

/** The concessions of one instance, of which there are none yet; `possible` are those that its protocol knows. */
export function createConcessions(possible: readonly Concession[]): Concessions {
  const byModel = new Map<string, Set<Concession>>();

  function of(model: string): readonly Concession[] {
    return [...(byModel.get(model) ?? [])];
  }

  function remember(model: string, concession: Concession): void {
    const known = byModel.get(model) ?? new Set();
    byModel.delete(model);
    byModel.set(model, known.add(concession));
    const [oldest] = byModel.keys();
    if (byModel.size > MOST_MODELS && oldest !== undefined) byModel.delete(oldest);
  }

  return {
    async ask(model, asked, send) {
      let body = of(model).reduce((less, { apply }) => apply(less) ?? less, asked);
      const conceded: Concession[] = [];
      for (;;) {
        let refused: Concession | undefined;
        try {
          const answer = await send(body, (refusal) => {
            refused = refusedWish(refusal, body, possible);
          });
          for (const concession of conceded) remember(model, concession);
          return answer;
        } catch (error) {
          const less = refused?.apply(body);
          if (refused === undefined || less === undefined || conceded.length === MOST_TRIES) throw error;
          conceded.push(refused);
          body = less;
        }
      }
    },

    warnings(model, body) {
      return of(model).flatMap(({ warning, apply }): StreamPart[] =>
        warning === undefined || apply(body) === undefined
          ? []
          : [{ type: "warning", code: "unsupported", message: warning }],
      );
    },
  };
}

/** The one wish of this body that the server named when it refused it; `undefined` where it named none, or several. */
function refusedWish(
  { status, body: text }: FailedAnswer,
  body: JsonObject,
  possible: readonly Concession[],
): Concession | undefined {
  if (status !== 400 && status !== 422) return undefined;
  const failure = parseFailureBody(text, status);
  if (OTHER_CODES.includes(failure?.code)) return undefined;
  const sent = possible.filter(({ apply }) => apply(body) !== undefined);
  const place = failure?.field?.split(/[.[\]]+/) ?? [];
  const named = sent.filter(({ field }) => place.includes(field));
  if (named.length === 1) return named[0];
  const told = sent.filter((concession) =>
    mentions(failure === undefined ? text : failure.words, concession),
  );
  return told.length === 1 ? told[0] : undefined;
}

function mentions(said: string, { field, words }: Concession): boolean {
  if (words === false) return false;
  return (words ?? new RegExp(`(?<![\\w-])${field}(?![\\w-])`)).test(said);
}

/** The body without this field; `undefined` where it does not hold it. */
export function withoutField(body: JsonObject, field: string): JsonObject | undefined {
  if (body[field] === undefined) return undefined;
  const { [field]: _, ...rest } = body;
  return rest;
}
