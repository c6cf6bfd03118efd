import type { Usage } from "../contract/contract.ts";
import { countOf, fieldsOf } from "../parts/json.ts";

/** Where a protocol counts tokens: paths with dots, and the counts at several paths are added. */
export type UsageForm = { readonly [Name in keyof Usage]?: readonly string[] };

/**
 * The token counts that a server told; `undefined` where it told none.
 *
 * A count is known where any of its paths has a number. A total that is not told is the sum of both sides.
 */
export function readUsage(value: unknown, form: UsageForm): Usage | undefined {
  const count = (paths: readonly string[] = []): number | undefined => {
    const counts = paths.flatMap((path) => countOf(valueAt(value, path)) ?? []);
    return counts.length === 0 ? undefined : counts.reduce((sum, one) => sum + one);
  };
  const inputTokens = count(form.inputTokens);
  const outputTokens = count(form.outputTokens);
  const sum =
    inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens;
  const usage: Usage = {
    inputTokens,
    outputTokens,
    totalTokens: count(form.totalTokens) ?? sum,
    cachedInputTokens: count(form.cachedInputTokens),
    reasoningTokens: count(form.reasoningTokens),
  };
  return Object.values(usage).some((one) => one !== undefined) ? usage : undefined;
}

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner, name) => fieldsOf(inner)[name], value);
}
