import type { LineResult } from "./ask-line.ts";

/** What came of a batch, by provider. */
export interface Summary {
  /** How many lines were answered. */
  readonly answered: number;
  /** How many nobody answered. */
  readonly unanswered: number;
  /** The headings of its table. */
  readonly headings: readonly string[];
  /** Adds what came of one line. */
  add(result: LineResult): void;
  /** The rows of its table. */
  rows(): readonly (readonly string[])[];
  /** The same as data. */
  providers(): Readonly<Record<string, ProviderTotals>>;
}

/** What one provider did. */
interface ProviderTotals {
  /** The lines that it answered. */
  answered: number;
  /** The attempts in which it did not. */
  failed: number;
  /** Tokens of those lines. */
  inputTokens: number;
  /** Tokens of its answers. */
  outputTokens: number;
}

/** A summary of nothing. */
export function createSummary(): Summary {
  const totals = new Map<string, ProviderTotals>();
  let answered = 0;
  let unanswered = 0;

  function of(provider: string): ProviderTotals {
    const known = totals.get(provider) ?? { answered: 0, failed: 0, inputTokens: 0, outputTokens: 0 };
    totals.set(provider, known);
    return known;
  }

  return {
    get answered() {
      return answered;
    },
    get unanswered() {
      return unanswered;
    },
    headings: ["provider", "answered", "failed", "input tokens", "output tokens"],
    add({ isAnswer, attempts, usage }) {
      if (isAnswer) answered++;
      else unanswered++;
      for (const { provider, outcome } of attempts) {
        if (outcome === "failed") of(provider).failed++;
        if (outcome !== "answered") continue;
        const own = of(provider);
        own.answered++;
        own.inputTokens += usage?.inputTokens ?? 0;
        own.outputTokens += usage?.outputTokens ?? 0;
      }
    },
    rows: () =>
      [...totals].map(([provider, own]) => [
        provider,
        ...[own.answered, own.failed, own.inputTokens, own.outputTokens].map(String),
      ]),
    providers: () => Object.fromEntries(totals),
  };
}
