import type { Answer } from "./upstream/answer.ts";

/**
 * How old the code of a process is: `young` are the first 200 calls of a fresh one; `hot` comes after 2,000 calls; before
 * each `collected` call the garbage was collected, which also throws away compiled code that was not used of late.
 */
export type Age = "young" | "hot" | "collected";

/** What the process of one client is told. */
export interface AgeRun {
  readonly name: string;
  readonly origin: string;
  readonly answer: Answer;
  /** Asks for one JSON value in place of a stream. */
  readonly whole: boolean;
  readonly ages: readonly Age[];
  readonly calls: {
    readonly warmUp: number;
    readonly measured: number;
    readonly collected: number;
    readonly batch: number;
  };
}

/** Medians in microseconds. */
export interface AgeSample {
  readonly time: number;
  readonly cpu: number;
}
