import { createInterface } from "node:readline/promises";
import { formatSummary } from "./format-summary.ts";
import { type AskQuestion, readPlan, USAGE } from "./read-plan.ts";
import { writePackage } from "./write-package.ts";

const args = process.argv.slice(2);

if (args.includes("--help") || args.includes("-h")) {
  process.stdout.write(USAGE);
} else {
  try {
    const plan = process.stdin.isTTY && process.stdout.isTTY ? await askPlan() : await readPlan(args);
    process.stdout.write(formatSummary(plan, writePackage(plan)));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
  }
}

async function askPlan(): Promise<Awaited<ReturnType<typeof readPlan>>> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ask: AskQuestion = async (question, byDefault) => {
    const answer = await terminal.question(`${question}${byDefault && ` [${byDefault}]`}: `);
    return answer.trim() || byDefault;
  };
  try {
    return await readPlan(args, ask);
  } finally {
    terminal.close();
  }
}
