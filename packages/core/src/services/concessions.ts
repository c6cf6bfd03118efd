import type { JsonObject, StreamPart } from "../contract/contract.ts";
import type { ChatErrorCode } from "../errors/error-codes.ts";
import type { FailedAnswer } from "../http/types.ts";
import { changeAt } from "./change-at.ts";
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

/** What is special about a wish that is simply left out. */
export interface PlainConcession {
  /** The paths at which the body holds it, as `changeAt` takes them. @default the field itself */
  readonly at?: readonly string[] | undefined;
  /** How the server's words speak of the field. @default by its name */
  readonly words?: RegExp | undefined;
}

/** The wish in this field is left out, with a warning. */
export function plainConcession(field: string, { at = [field], words }: PlainConcession = {}): Concession {
  const names = new Set(at.map((path) => `\`${path.split(".").at(-1)}\``));
  const told = `the server refused ${[...names].join(" and ")}`;
  const warning = `${told}, so it was asked without ${names.size === 1 ? "it" : "them"}`;
  return {
    field,
    words,
    warning,
    apply(body) {
      const less = at.reduce((rest, path) => withoutField(rest, path) ?? rest, body);
      return less === body ? undefined : less;
    },
  };
}

/** Sends a body, and reports an answer that is no success before it throws. */
type Send<Answer> = (body: JsonObject, observe: (answer: FailedAnswer) => void) => Promise<Answer>;

/** What an instance has conceded to its server, by model. */
export interface Concessions {
  /**
   * What `send` gives for the body without what the server refused before.
   *
   * Where the server refuses the body and names one wish, it is sent once more without it. Where the server then
   * answers, or names another wish, the model is never asked for the first again: what a server refuses one after the
   * other is learned in as many calls. `send` hands on every answer that is no success.
   */
  ask<Answer>(model: string, body: JsonObject, send: Send<Answer>): Promise<Answer>;
  /** What a caller loses whose request has this body. */
  warnings(model: string, body: JsonObject): StreamPart[];
}

/** So many models are remembered: names come from outside. */
const MOST_MODELS = 256;

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

/** The concessions of one instance, empty at first; `possible` are those that its protocol knows. */
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
    async ask<Answer>(model: string, asked: JsonObject, send: Send<Answer>): Promise<Answer> {
      const body = of(model).reduce((less, { apply }) => apply(less) ?? less, asked);
      let refused: Concession | undefined;
      const sendBody = (tried: JsonObject): Promise<Answer> => {
        refused = undefined;
        return send(tried, (refusal) => {
          refused = refusedWish(refusal, tried, possible);
        });
      };
      try {
        return await sendBody(body);
      } catch (error) {
        const given: Concession | undefined = refused;
        const less = given?.apply(body);
        if (given === undefined || less === undefined) throw error;
        return await sendBody(less).then(
          (answer) => {
            remember(model, given);
            return answer;
          },
          (again: unknown) => {
            if (refused !== undefined && refused !== given) remember(model, given);
            throw again;
          },
        );
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
  return (words ?? wordsOf(field)).test(said);
}

/** The name of the field; servers with names like `topP` say `top_p` as well. */
function wordsOf(field: string): RegExp {
  const name = field.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_?");
  return new RegExp(`(?<![\\w-])${name}(?![\\w-])`, name === field ? "" : "i");
}

/** The body without the field at this path, as `changeAt` takes it; `undefined` where it does not hold it. */
export function withoutField(body: JsonObject, path: string): JsonObject | undefined {
  return changeAt(body, path, () => undefined);
}
