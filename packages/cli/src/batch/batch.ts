import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { type ApplicationOptions, explainName, loadApplication, noteProblems } from "../application.ts";
import { decodeText } from "../decode-text.ts";
import { usageError } from "../failure.ts";
import type { Output } from "../output.ts";
import { EXIT, exitCodeOf, type Shell } from "../shell.ts";
import { createLineAsker, type LineResult } from "./ask-line.ts";
import { type BatchLine, parseBatchLines } from "./batch-lines.ts";
import { createBatchProgress } from "./batch-progress.ts";
import { openResults, type ResultsFile } from "./results-file.ts";
import { createSummary, type Summary } from "./summary.ts";

/** The options of `batch`. */
export interface BatchOptions extends Omit<ApplicationOptions, "onAttempt"> {
  /** The reference that lines without one are asked of. */
  readonly model?: string | undefined;
  /** The system message of lines without one. */
  readonly system?: string | undefined;
  /** How many are asked at once. */
  readonly parallel?: number | undefined;
  /** Seconds for each line. */
  readonly timeout?: number | undefined;
  /** Whether the summary is printed as JSON. */
  readonly json?: boolean | undefined;
}

const PARALLEL = 4;

/** Asks every prompt of a file, and adds each answer to another one when it is there. */
export async function batch(
  shell: Shell,
  output: Output,
  from: string,
  to: string,
  options: BatchOptions,
): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  const { registry } = application;
  const steps = await explainName(output, application, options);
  if (typeof steps === "number") return steps;
  if (resolve(shell.directory, from) === resolve(shell.directory, to))
    throw usageError("both files are the same, expected another one for the answers");

  const lines = parseBatchLines(await readLines(shell, from), options);
  const results = openResults(resolve(shell.directory, to));
  const left = lines.filter(({ id }) => !results.answered.has(id));
  const before = lines.length - left.length;
  if (before > 0) output.note({ text: `${before} of ${lines.length} were answered before`, style: "dim" });

  const summary = createSummary();
  const timeoutMs = options.timeout === undefined ? undefined : options.timeout * 1000;
  const asker = createLineAsker(registry, timeoutMs);
  const isStopped = await askAll(shell, output, left, {
    ask: asker.ask,
    results,
    summary,
    parallel: options.parallel ?? PARALLEL,
    total: lines.length,
  }).finally(results.close);
  await asker.close();
  await registry.close();

  const { answered, unanswered } = summary;
  if (options.json) output.json({ answered: before + answered, unanswered, providers: summary.providers() });
  else if (summary.rows().length > 0) output.table(summary.headings, summary.rows());
  const missing = left.length - answered;
  if (missing > 0)
    output.note({
      text: `${missing} of ${lines.length} are left: the same command asks them again`,
      style: "yellow",
    });
  if (shell.signal.aborted) return exitCodeOf(shell.signal);
  if (isStopped) return EXIT.interrupted;
  return missing === 0 ? EXIT.answered : EXIT.unanswered;
}

interface Work {
  readonly ask: (line: BatchLine, signal: AbortSignal) => Promise<LineResult>;
  readonly results: ResultsFile;
  readonly summary: Summary;
  readonly parallel: number;
  readonly total: number;
}

/** Asks all lines; gives whether Ctrl-C ended it. */
async function askAll(
  shell: Shell,
  output: Output,
  lines: readonly BatchLine[],
  { ask, results, summary, parallel, total }: Work,
): Promise<boolean> {
  const progress = await createBatchProgress(shell);
  const ending = new AbortController();
  const queue = lines.values();
  let isStopped = false;
  let isBroken = false;
  let asked = 0;

  function interrupt(): void {
    if (isStopped) ending.abort(new Error("interrupted"));
    isStopped = true;
    progress.stop();
    output.note({
      text: `${asked} more answers are waited for; Ctrl-C again gives them up, and what is there is kept`,
      style: "yellow",
    });
  }
  function end(): void {
    isStopped = true;
    ending.abort(shell.signal.reason);
  }
  shell.takeInterrupts?.(interrupt);
  shell.signal.addEventListener("abort", end, { once: true });
  if (shell.signal.aborted) end();

  function tell(): void {
    const done = total - lines.length + summary.answered + summary.unanswered;
    if (!isStopped) progress.tell({ total, done, failed: summary.unanswered, asked });
  }

  async function work(): Promise<void> {
    for (const line of queue) {
      // what cannot be written is not asked either
      if (isStopped || isBroken) return;
      asked++;
      tell();
      try {
        const result = await ask(line, ending.signal);
        results.add(result.written);
        summary.add(result);
      } catch (error) {
        isBroken = true;
        throw error;
      } finally {
        asked--;
      }
      tell();
    }
  }

  try {
    const workers = Array.from({ length: Math.min(parallel, lines.length) }, work);
    const failures = (await Promise.allSettled(workers)).flatMap((worker) =>
      worker.status === "rejected" ? [worker.reason] : [],
    );
    if (failures.length > 0 && !ending.signal.aborted) throw failures[0];
  } finally {
    progress.stop();
    shell.signal.removeEventListener("abort", end);
  }
  return isStopped;
}

async function readLines(shell: Shell, from: string): Promise<string> {
  const path = resolve(shell.directory, from);
  let bytes: Uint8Array;
  try {
    bytes = from === "-" ? await buffer(shell.input) : readFileSync(path);
  } catch (cause) {
    throw usageError(`${from} could not be read: ${(cause as Error).message}`);
  }
  const { text, replaced } = decodeText(bytes);
  if (replaced > 0) throw usageError(`${from} is no text in UTF-8, expected one`);
  return text;
}
