import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
  LanguageModelV3StreamResult,
  SharedV3Warning,
} from "@ai-sdk/provider";
import type { ChatReply } from "@fallthrough/core";
import { openLists, type PartList, type PartLists } from "@fallthrough/core/internal";
import type { Registry } from "@fallthrough/registry";
import { explainCallError, isFailure } from "./call-error.ts";
import { generateResult } from "./generate-result.ts";
import { warningOf } from "./metadata.ts";
import { readCall } from "./read-call.ts";
import { createStreamWriter, type StreamWriter } from "./stream-writer.ts";

/** What the registry asks by this name, as a model of the AI SDK. */
export function createLanguageModel(registry: Registry, modelId: string): LanguageModelV3 {
  const explain = (reason: unknown): unknown => explainCallError(reason, registry, modelId);

  /** Asks, and tells a failure in the words of the AI SDK. */
  async function ask<Answer>(
    options: LanguageModelV3CallOptions,
    answer: (reply: ChatReply, warnings: SharedV3Warning[]) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      const { request, warnings } = readCall(options, modelId);
      return await answer(registry.chat(request), warnings);
    } catch (reason) {
      throw explain(reason);
    }
  }

  return {
    specificationVersion: "v3",
    provider: "fallthrough",
    modelId,
    // the host fetches what is behind an address: not every candidate can
    supportedUrls: {},
    doGenerate: (options) =>
      ask(options, async (reply, warnings) => generateResult(await reply.result(), warnings)),
    doStream: (options) =>
      ask(options, async (reply, warnings): Promise<LanguageModelV3StreamResult> => {
        const lists = await openLists(reply).open();
        // what is no warning is here already: an answer opens with its first content
        const first = (await lists?.next()) ?? [];
        const content = first.filter((part) => {
          if (part.type === "warning") warnings.push(warningOf(part));
          return part.type !== "warning";
        });
        return { stream: createStream({ reply, lists, content, warnings, explain }) };
      }),
  };
}

/** An answer whose first content is here. */
interface BegunAnswer {
  readonly reply: ChatReply;
  readonly lists: PartLists | undefined;
  readonly content: PartList;
  readonly warnings: SharedV3Warning[];
  readonly explain: (reason: unknown) => unknown;
}

/** A stream that asks for more only once its reader does. */
function createStream(answer: BegunAnswer): ReadableStream<LanguageModelV3StreamPart> {
  const { reply, lists, content, warnings, explain } = answer;
  let ready: PartList | undefined = content;
  let told = 0;
  let over = false;
  let writer: StreamWriter;

  async function next(): Promise<PartList | undefined> {
    const list = ready;
    ready = undefined;
    return list ?? lists?.next();
  }

  return new ReadableStream<LanguageModelV3StreamPart>(
    {
      start(controller) {
        controller.enqueue({ type: "stream-start", warnings });
        writer = createStreamWriter((part) => {
          told++;
          controller.enqueue(part);
        }, reply.route);
      },
      async pull(controller) {
        const before = told;
        try {
          // the reader gets something each time: it asks only once
          while (told === before && !over) {
            const list = await next();
            // the reader may have left meanwhile
            if (over) return;
            if (list === undefined) {
              over = true;
              controller.close();
            } else writer.write(list);
          }
        } catch (reason) {
          if (over) return;
          over = true;
          if (!isFailure(reason)) {
            controller.error(reason);
            return;
          }
          writer.fail(explain(reason));
          controller.close();
        }
      },
      async cancel() {
        over = true;
        await lists?.return();
      },
    },
    { highWaterMark: 0 },
  );
}
