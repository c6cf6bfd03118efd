import { type Application, loadApplication, noteProblems, reportUnknown } from "./application.ts";
import { type Conversation, createConversation } from "./conversation.ts";
import { readLines } from "./lines.ts";
import type { Output } from "./output.ts";
import { formatRoute } from "./route.ts";
import { EXIT, exitCodeOf, type Shell } from "./shell.ts";

/** The options of `chat`. */
export interface ChatOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** The reference that is asked. */
  readonly model?: string | undefined;
  /** The system message. */
  readonly system?: string | undefined;
}

const HELP = "/model [name], /route, /retry, /exit; Ctrl-C stops an answer";

/** Has a conversation until the person leaves or the input ends. */
export async function chat(shell: Shell, output: Output, options: ChatOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  try {
    await application.registry.explain(options.model);
  } catch (error) {
    return reportUnknown(output, application, error, false);
  }

  const conversation = createConversation(application.registry, output, options);
  let answering: AbortController | undefined;
  let leaving = false;
  const lines = readLines(shell, interrupt);
  shell.takeInterrupts?.(interrupt);
  shell.signal.addEventListener("abort", leave);
  if (shell.input.isTTY) output.note({ text: HELP, style: "dim" });

  function interrupt(): void {
    if (answering !== undefined) answering.abort(new Error("stopped"));
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
    if (entry.trim() === "/exit") break;
    answering = new AbortController();
    await act(application, conversation, output, entry, answering.signal);
    answering = undefined;
  }
  lines.close();
  await application.registry.close();
  return shell.signal.aborted ? exitCodeOf(shell.signal) : EXIT.answered;
}

async function act(
  application: Application,
  conversation: Conversation,
  output: Output,
  entry: string,
  signal: AbortSignal,
): Promise<void> {
  const [word = "", ...words] = entry.trim().split(/\s+/);
  if (word === "") return;
  // what has several lines was pasted, and a path may begin it
  if (!word.startsWith("/") || entry.includes("\n")) return conversation.ask(entry, signal);
  switch (word) {
    case "/model":
      return chooseModel(application, conversation, output, words.join(" "));
    case "/route":
      for (const line of formatRoute(conversation.route ?? { attempts: [] })) output.note(...line);
      return;
    case "/retry":
      if (!(await conversation.retry(signal))) output.note("nothing was asked yet");
      return;
    default:
      output.note(`unknown command ${word}, expected one of `, HELP);
  }
}

function chooseModel(
  application: Application,
  conversation: Conversation,
  output: Output,
  name: string,
): void {
  if (name !== "") {
    try {
      application.registry.resolve(name);
    } catch (error) {
      reportUnknown(output, application, error, false);
      return;
    }
    conversation.model = name;
  }
  const candidates = application.registry.resolve(conversation.model);
  const asked = candidates.map(({ provider, model }) => (model ? `${provider.id}/${model}` : provider.id));
  output.note(`${conversation.model ?? "auto"}: ${asked.join(", ")}`);
}
