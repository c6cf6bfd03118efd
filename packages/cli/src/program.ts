import { Command, CommanderError, InvalidArgumentError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { reportFailure } from "./failure.ts";
import { createOutput } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";

/** Runs the command line and resolves to the exit code. */
export async function runProgram(words: readonly string[], shell: Shell): Promise<number> {
  const output = createOutput(shell);
  let code: number = EXIT.answered;

  const program = new Command("fallthrough")
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void shell.output.write(text),
      writeErr: (text) => void shell.notes.write(text),
    });
  const command = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .option("--config <file>", "read this configuration instead of fallthrough.config.json or .mjs")
      .option("--json", "print JSON")
      .allowExcessArguments(false);

  command("ask [prompt]", "ask a question; what is piped in is added to it")
    .option("-m, --model <name>", "an alias, a model, a provider or provider/model (default: every provider)")
    .option("-s, --system <text>", "instructions that come before the prompt")
    .option("--no-stream", "print the answer when it is complete")
    .option("--timeout <seconds>", "give up after so many seconds", parseSeconds)
    .option("--proxy <url>", "http, https or socks5 proxy for every provider", parseProxy)
    .action(async (prompt, options) => {
      const { ask } = await import("./ask.ts");
      code = await ask(shell, output, prompt, options);
    });
  command("models", "list what can be asked for").action(async (options) => {
    const { models } = await import("./models.ts");
    code = await models(shell, output, options);
  });
  command("providers", "list the installed providers and why each was accepted").action(async (options) => {
    const { providers } = await import("./providers.ts");
    code = await providers(shell, output, options);
  });
  command("explain <name>", "tell step by step what a name stands for").action(async (name, options) => {
    const { explain } = await import("./explain.ts");
    code = await explain(shell, output, name, options);
  });
  command("doctor", "check every provider")
    .option("--probe", "also make a real call to each")
    .action(async (options) => {
      const { doctor } = await import("./doctor.ts");
      code = await doctor(shell, output, options);
    });

  try {
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (shell.signal.aborted) return EXIT.interrupted;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.answered : EXIT.usage;
    return reportFailure(output, error, words.includes("--json"));
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !Number.isFinite(seconds) || seconds < 0) {
    throw new InvalidArgumentError("expected a number of seconds, or 0 for no limit");
  }
  return seconds;
}

function parseProxy(text: string): string {
  if (!/^(?:https?|socks5):\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError("expected an http, https or socks5 URL");
  }
  return text;
}
