import type { ChatMessage, ChatResult, MediaPart, Route } from "@fallthrough/core";
import type { Registry } from "@fallthrough/registry";
import { noteFailure } from "../failure.ts";
import type { Output } from "../output.ts";
import { LINE_MS, watchWaiting } from "../watch-waiting.ts";
import type { AnswerWriter } from "./answer-writer.ts";

/** A conversation with its history. */
export interface Conversation {
  /** The reference that is asked. */
  model: string | undefined;
  /** The instructions that come before everything. */
  system: string | undefined;
  /** What was said, without the instructions. */
  history: readonly ChatMessage[];
  /** Of the last answer. */
  readonly route: Route | undefined;
  /** Whether a question has no answer. */
  readonly isUnanswered: boolean;
  /** Gives this image to the next question. */
  attach(image: MediaPart): void;
  /** Asks, prints the answer as it comes, and keeps both; a question that nobody answered is not kept. */
  ask(question: string, signal: AbortSignal): Promise<void>;
  /** Asks the last question again; a new answer replaces the old one. `false` without a question. */
  retry(signal: AbortSignal): Promise<boolean>;
}

/** A question, with what was said before it. */
interface Question {
  readonly message: ChatMessage;
  readonly before: readonly ChatMessage[];
}

/** A conversation that begins with these instructions. */
export function createConversation(
  registry: Registry,
  output: Output,
  createWriter: () => AnswerWriter,
  start: { readonly model?: string | undefined; readonly system?: string | undefined },
): Conversation {
  let images: readonly MediaPart[] = [];
  let last: Question | undefined;
  let route: Route | undefined;
  const unanswered = new Set<Question>();

  async function ask(question: Question, signal: AbortSignal): Promise<void> {
    last = question;
    unanswered.add(question);
    const { model, system } = conversation;
    const said = [...question.before, question.message];
    const messages: ChatMessage[] =
      system === undefined ? said : [{ role: "system", content: system }, ...said];
    const reply = registry.chat({ model, messages, signal });
    const leave = watchWaiting(reply, LINE_MS, (words) => output.note({ text: words, style: "dim" }));
    const writer = createWriter();
    let answer = "";
    let result: ChatResult | undefined;
    try {
      for await (const text of reply.textStream) {
        leave();
        answer += text;
        await writer.write(text);
      }
      result = await reply.result();
      await writer.end();
      unanswered.delete(question);
      for (const { message } of result.warnings)
        output.note({ text: `warning: ${message}`, style: "yellow" });
    } catch (error) {
      await writer.end();
      if (signal.aborted) output.note({ text: "stopped", style: "dim" });
      else noteFailure(output, error, reply.route);
    } finally {
      leave();
      route = reply.route;
    }
    const message = result?.message ?? { role: "assistant" as const, content: answer };
    if (answer.trim() !== "") conversation.history = [...said, message];
  }

  const conversation: Conversation = {
    model: start.model,
    system: start.system,
    history: [],
    get route() {
      return route;
    },
    get isUnanswered() {
      return unanswered.size > 0;
    },
    attach(image) {
      images = [...images, image];
    },
    ask(question, signal) {
      const content = images.length === 0 ? question : [...images, { type: "text" as const, text: question }];
      images = [];
      return ask({ message: { role: "user", content }, before: conversation.history }, signal);
    },
    async retry(signal) {
      if (last === undefined) return false;
      await ask(last, signal);
      return true;
    },
  };
  return conversation;
}
