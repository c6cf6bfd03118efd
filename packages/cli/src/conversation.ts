import type { ChatMessage, Route } from "@fallthrough/core";
import type { Registry } from "@fallthrough/registry";
import { noteFailure } from "./failure.ts";
import type { Output } from "./output.ts";
import { LINE_MS, watchWaiting } from "./watch-waiting.ts";

/** A conversation with its history. */
export interface Conversation {
  /** The reference that is asked. */
  model: string | undefined;
  /** Of the last answer. */
  readonly route: Route | undefined;
  /** Asks, prints the answer as it comes, and keeps both; a question that nobody answered is not kept. */
  ask(question: string, signal: AbortSignal): Promise<void>;
  /** Asks the last question again; a new answer takes the place of the old one. `false` where there is none. */
  retry(signal: AbortSignal): Promise<boolean>;
}

/** A conversation that begins with these instructions. */
export function createConversation(
  registry: Registry,
  output: Output,
  start: { readonly model?: string | undefined; readonly system?: string | undefined },
): Conversation {
  const { model, system } = start;
  let history: readonly ChatMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
  /** The last question, with what was said before it. */
  let last: { readonly question: string; readonly before: readonly ChatMessage[] } | undefined;
  let route: Route | undefined;

  async function ask(question: string, before: readonly ChatMessage[], signal: AbortSignal): Promise<void> {
    last = { question, before };
    const messages: ChatMessage[] = [...before, { role: "user", content: question }];
    const reply = registry.chat({ model: conversation.model, messages, signal });
    const leave = watchWaiting(reply, LINE_MS, (words) => output.note({ text: words, style: "dim" }));
    let answer = "";
    try {
      for await (const text of reply.textStream) {
        leave();
        answer += text;
        await output.answer(text);
      }
      await endLine(answer);
      for (const { message } of (await reply.result()).warnings) {
        output.note({ text: `warning: ${message}`, style: "yellow" });
      }
    } catch (error) {
      await endLine(answer);
      if (signal.aborted) output.note({ text: "stopped", style: "dim" });
      else noteFailure(output, error, reply.route);
    } finally {
      leave();
      route = reply.route;
    }
    if (answer.trim() !== "") history = [...messages, { role: "assistant", content: answer }];
  }

  async function endLine(answer: string): Promise<void> {
    if (answer !== "" && !answer.endsWith("\n")) await output.answer("\n");
  }

  const conversation: Conversation = {
    model,
    get route() {
      return route;
    },
    ask: (question, signal) => ask(question, history, signal),
    async retry(signal) {
      if (last === undefined) return false;
      await ask(last.question, last.before, signal);
      return true;
    },
  };
  return conversation;
}
