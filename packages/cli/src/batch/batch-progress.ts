import type { Shell } from "../shell.ts";

/** What moves while a batch is asked. */
export interface BatchProgress {
  /** Tells how far it is. */
  tell(counts: BatchCounts): void;
  /** Takes it off the terminal. */
  stop(): void;
}

/** How far a batch is. */
export interface BatchCounts {
  /** All lines. */
  readonly total: number;
  /** Those that need not be asked any more. */
  readonly done: number;
  /** Those of them that nobody answered. */
  readonly failed: number;
  /** Those that are asked at present. */
  readonly asked: number;
}

const LINE_MS = 10_000;
const WIDEST_BAR = 24;
/** The text beside the bar. */
const BESIDE_BAR = 50;

/** A bar where stderr is a terminal that can draw one, else a line from time to time. */
export async function createBatchProgress({ notes, environment }: Shell): Promise<BatchProgress> {
  if (!notes.isTTY || environment["TERM"] === "dumb") {
    let told = performance.now();
    return {
      tell(counts) {
        if (performance.now() - told < LINE_MS) return;
        told = performance.now();
        notes.write(`${formatCounts(counts)}\n`);
      },
      stop() {},
    };
  }
  const { default: yoctoSpinner } = await import("yocto-spinner");
  const spinner = yoctoSpinner({ text: "reading", stream: notes, handleSignals: false }).start();
  return {
    tell(counts) {
      const { columns = 80 } = notes as { readonly columns?: number };
      spinner.text = formatBar(counts, Math.min(WIDEST_BAR, columns - BESIDE_BAR));
    },
    stop: () => void spinner.stop(),
  };
}

/** The counts behind a bar of this many columns; without it where there is no room. */
export function formatBar(counts: BatchCounts, columns: number): string {
  if (columns < 4) return formatCounts(counts);
  const filled = counts.total === 0 ? columns : Math.floor((counts.done / counts.total) * columns);
  return `${"#".repeat(filled)}${"-".repeat(columns - filled)} ${formatCounts(counts)}`;
}

function formatCounts({ total, done, failed, asked }: BatchCounts): string {
  const unanswered = failed === 0 ? "" : `, ${failed} not answered`;
  return `${done} of ${total} done${unanswered}, ${asked} asked now`;
}
