import type { ChatMessage } from "@fallthrough/core";
import { printJson, printText } from "./answer.ts";
import { type ApplicationOptions, explainName, loadApplication, noteProblems } from "./application.ts";
import { usageError } from "./failure.ts";
import type { Output } from "./output.ts";
import { createProgress } from "./progress.ts";
import { readPrompt } from "./read-prompt.ts";
import type { Shell } from "./shell.ts";

/** The options of `ask`. */
export interface AskOptions extends Omit<ApplicationOptions, "onAttempt"> {
  /** The reference that is asked. */
  readonly model?: string | undefined;
  /** The system message. */
  readonly system?: string | undefined;
  /** Whether the result is printed as JSON. */
  readonly json?: boolean | undefined;
  /** Whether the answer is printed as it comes. */
  readonly stream: boolean;
  /** Whether what is piped in belongs to the prompt. */
  readonly stdin: boolean;
  /** Seconds. */
  readonly timeout?: number | undefined;
}

/** Asks once; the answer goes to stdout, the route and all else to stderr. */
export async function ask(
  shell: Shell,
  output: Output,
  argument: string | undefined,
  options: AskOptions,
): Promise<number> {
  const prompt = options.stdin ? await readPrompt(shell, output, argument) : (argument ?? "").trim();
  if (prompt === "") throw usageError("no prompt was given, expected one as an argument or on stdin");

  const progress = await createProgress(shell);
  try {
    const application = await loadApplication(shell, { ...options, onAttempt: progress.passOver });
    const { registry } = application;
    noteProblems(output, application);
    const steps = await explainName(output, application, { ...options, beforeNote: progress.stop });
    if (typeof steps === "number") return steps;

    const totalMs = options.timeout === undefined ? undefined : options.timeout * 1000;
    const reply = registry.chat({
      model: options.model,
      messages: formMessages(prompt, options.system),
      timeouts: totalMs === undefined ? undefined : { totalMs, commitMs: totalMs },
      signal: shell.signal,
    });
    progress.watch(reply);
    return await (options.json
      ? printJson(reply, output, shell.signal)
      : printText(reply, output, { signal: shell.signal, stream: options.stream, onText: progress.stop }));
  } finally {
    progress.stop();
  }
}

function formMessages(prompt: string, system: string | undefined): ChatMessage[] {
  const question: ChatMessage = { role: "user", content: prompt };
  return system === undefined ? [question] : [{ role: "system", content: system }, question];
}
