import { formatReport } from "./command/format-report.ts";
import { loadCases } from "./command/load-cases.ts";
import { readOrder, USAGE } from "./command/read-order.ts";
import { runCases } from "./command/run-cases.ts";

const PASSED = 0;
const FAILED = 1;
const UNUSABLE = 2;

const { text, code } = await answer(process.argv.slice(2));
const output = code === UNUSABLE ? process.stderr : process.stdout;
// what a provider left open would keep the program alive
output.write(text, () => process.exit(code));

async function answer(args: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  if (args.includes("--help") || args.includes("-h")) return { text: USAGE, code: PASSED };
  try {
    const order = readOrder(args);
    const { cases, table } = await loadCases(order);
    const outcomes = await runCases(cases);
    const text = formatReport({ name: order.module, outcomes, table, listsAll: order.listsAll });
    return { text, code: outcomes.some(({ problem }) => problem !== undefined) ? FAILED : PASSED };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { text: `${problem}\n\nfallthrough-conformance --help tells how to call it.\n`, code: UNUSABLE };
  }
}
