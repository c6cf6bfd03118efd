import { explainName, loadApplication, noteProblems } from "../application.ts";
import type { Output } from "../output.ts";
import { EXIT, exitCodeOf, type Shell } from "../shell.ts";
import type { StateOptions } from "../state.ts";
import { createAnswerWriter } from "./answer-writer.ts";
import { COMMAND_LIST, runChatCommand } from "./commands.ts";
import { createConversation } from "./conversation.ts";
import { readLines } from "./lines.ts";
import { openHistory } from "./prompt-history.ts";

/** The options of `chat`. */
export interface ChatOptions extends StateOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** The reference that is asked. */
  readonly model?: string | undefined;
  /** The system message. */
  readonly system?: string | undefined;
}

/** Has a conversation until the person leaves or the input ends. */
export async function chat(shell: Shell, output: Output, options: ChatOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  const { registry } = application;
  const steps = await explainName(output, application, { model: options.model });
  if (typeof steps === "number") return steps;

  const writer = () => createAnswerWriter(shell, output);
  const conversation = createConversation(registry, output, writer, options);
  const history = openHistory(shell, options, application.chat?.history);
  let answering: AbortController | undefined;
  let leaving = false;
  let interrupted = false;
  let unanswered = false;
  const lines = readLines(shell, interrupt, history.entries);
  shell.takeInterrupts?.(interrupt);
  shell.signal.addEventListener("abort", leave);
  if (lines.isTerminal) output.note({ text: `${COMMAND_LIST}; Ctrl-C stops an answer`, style: "dim" });

  function interrupt(): void {
    if (!shell.input.isTTY) {
      // nobody is there who could go on: nothing more is sent
      interrupted = true;
      answering?.abort(new Error("interrupted"));
      lines.close();
    } else if (answering !== undefined) answering.abort(new Error("stopped"));
    else if (lines.hasText()) lines.clear(() => {});
    else if (leaving) lines.close();
    else {
      leaving = true;
      lines.clear(() => output.note({ text: "Ctrl-C again, or /exit, leaves", style: "dim" }));
    }
  }

  function leave(): void {
    answering?.abort(shell.signal.reason);
    lines.close();
  }

  for (let entry = await lines.next(); entry !== undefined; entry = await lines.next()) {
    leaving = false;
    if (interrupted || shell.signal.aborted || entry.trim() === "/exit") break;
    if (entry.trim() === "") continue;
    answering = new AbortController();
    const { signal } = answering;
    // what has several lines was pasted, and a path may begin it
    if (entry.trimStart().startsWith("/") && !entry.includes("\n"))
      await runChatCommand(entry, { shell, application, conversation, output, signal });
    else await conversation.ask(entry, signal);
    answering = undefined;
    unanswered = conversation.isUnanswered;
  }
  lines.close();
  if (lines.isTerminal) history.keep(lines.entries());
  await registry.close();
  if (shell.signal.aborted) return exitCodeOf(shell.signal);
  if (interrupted) return EXIT.interrupted;
  // a script wants to know, and a person has seen it
  return unanswered && !shell.input.isTTY ? EXIT.unanswered : EXIT.answered;
}
