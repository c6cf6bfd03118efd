import { ChatError, type ChatReply, type ChatResult } from "@fallthrough/core";
import { describeFailure, noteFailure } from "./failure.ts";
import type { Output } from "./output.ts";
import { formatRoute } from "./route.ts";
import { EXIT } from "./shell.ts";

/** How an answer is printed as text. */
export interface TextOptions {
  /** Ends the answer. */
  readonly signal: AbortSignal;
  /** As it comes, or when it is complete. */
  readonly stream: boolean;
  /** Called before any text is written. */
  readonly onText: () => void;
}

/** Prints the answer to stdout, then warnings, sources and the route to stderr. */
export async function printText(reply: ChatReply, output: Output, options: TextOptions): Promise<number> {
  let last = "\n";
  async function write(text: string): Promise<void> {
    options.onText();
    await output.answer(text);
    last = text.at(-1) ?? last;
  }

  try {
    if (options.stream) for await (const text of reply.textStream) await write(text);
    const result = await reply.result();
    if (!options.stream) await write(result.text);
    if (last !== "\n") await write("\n");
    noteResult(result, output);
    return EXIT.answered;
  } catch (error) {
    if (!options.stream && error instanceof ChatError) await write(error.partial?.text ?? "");
    if (last !== "\n") await write("\n");
    if (options.signal.aborted) throw error;
    options.onText();
    noteFailure(output, error, reply.route);
    return EXIT.unanswered;
  }
}

function noteResult({ warnings, sources, finishReason, route }: ChatResult, output: Output): void {
  for (const { message } of warnings) output.note({ text: `warning: ${message}`, style: "yellow" });
  for (const { url, title } of sources)
    output.note("source: ", url, title === undefined ? "" : ` (${title})`);
  if (finishReason !== "stop")
    output.note({ text: `the answer ended early: ${finishReason}`, style: "yellow" });
  for (const line of formatRoute(route)) output.note(...line);
}

/** Prints the whole answer, or the failure, as one JSON object. */
export async function printJson(reply: ChatReply, output: Output, signal: AbortSignal): Promise<number> {
  try {
    output.json(await reply.result());
    return EXIT.answered;
  } catch (error) {
    if (signal.aborted) throw error;
    output.json({ ...describeFailure(error), route: reply.route });
    return EXIT.unanswered;
  }
}
