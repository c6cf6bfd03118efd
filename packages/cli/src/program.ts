import { Command, CommanderError, InvalidArgumentError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { AGENTS } from "./agents/agents.ts";
import { describeFailure, reportFailure, usageError } from "./failure.ts";
import { createOutput, type Output } from "./output.ts";
import { EXIT, exitCodeOf, type Shell } from "./shell.ts";

/** Runs the command line and resolves to the exit code. */
export async function runProgram(words: readonly string[], shell: Shell): Promise<number> {
  const output = createOutput(shell);
  const lastWorks: (() => Promise<void>)[] = [];
  const ownShell: Shell = { ...shell, beforeEnd: (work) => void lastWorks.push(work) };
  let code: number = EXIT.answered;

  const program = new Command("fallthrough")
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void shell.output.write(text),
      writeErr: (text) => void shell.notes.write(text),
    });
  const plainCommand = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .option(
        "--config <file>",
        "read this configuration instead of fallthrough.config.json, .mjs or another of its names",
      )
      .allowExcessArguments(false);
  const stateCommand = (usage: string, description: string) =>
    plainCommand(usage, description).option("--no-state", "remember no failures from one call to the next");
  const command = (usage: string, description: string) =>
    stateCommand(usage, description).option("--json", "print JSON");
  const listCommand = (usage: string, description: string) =>
    command(usage, description).option(
      "--all",
      "those too whose key is not set or whose server does not run",
    );

  command("ask [prompt]", "ask a question; what is piped in is added to it, and `-` is that alone")
    .option("-m, --model <name>", "an alias, a model, a provider or provider/model (default: every provider)")
    .option("-s, --system <text>", "instructions that come before the prompt")
    .option("--no-stream", "print the answer when it is complete")
    .option("--no-stdin", "ask the argument alone, whatever is piped in")
    .option("--timeout <seconds>", "give up after so many seconds", parseSeconds)
    .option("--proxy <url>", "http, https or socks5 proxy for every provider", parseProxy)
    .action(async (prompt, options) => {
      const { ask } = await import("./ask.ts");
      code = await ask(ownShell, output, prompt, options);
    });
  command("batch <in> <out>", "ask every line of a file; run it again to go on where it stopped")
    .option("-m, --model <name>", "what lines without a model are asked of (default: every provider)")
    .option("-s, --system <text>", "instructions that come before each prompt")
    .option("--parallel <number>", "lines that are asked at once (default: 4)", parseCount)
    .option("--timeout <seconds>", "give a line up after so many seconds", parseSeconds)
    .option("--proxy <url>", "http, https or socks5 proxy for every provider", parseProxy)
    .action(async (from, to, options) => {
      const { batch } = await import("./batch/batch.ts");
      code = await batch(ownShell, output, from, to, options);
    });
  stateCommand("chat", "have a conversation")
    .option("-m, --model <name>", "an alias, a model, a provider or provider/model (default: every provider)")
    .option("-s, --system <text>", "instructions that come before the conversation")
    .action(async (options) => {
      const { chat } = await import("./chat/chat.ts");
      code = await chat(ownShell, output, options);
    });
  stateCommand("serve", "answer programs that speak the OpenAI API")
    .option("--port <number>", "listen on this port, 0 for any free one (default: 8787)", parsePort)
    .option("--host <address>", "listen on this address (default: 127.0.0.1); any but loopback needs a token")
    .option("--token <text>", "ask clients for this bearer token (default: FALLTHROUGH_TOKEN, if set)")
    .option("--allow-host <name...>", "answer under these host names too")
    .option("--allow-origin <origin...>", "let pages and desktop programs of these origins in")
    .option("--max-calls <number>", "calls in flight at once (default: 256)", parseCount)
    .option("--max-body <MiB>", "size of one body, and of all bodies together (default: 32)", parseCount)
    .option("--open", "open the page of the gateway in a browser")
    .option("--log <form>", "one line for each call on stderr: text, json or off (default: text)")
    .action(async (options) => {
      const { serve } = await import("./serve.ts");
      code = await serve(ownShell, output, options);
    });
  plainCommand("setup <program>", `point a program at the gateway: ${Object.keys(AGENTS).join(", ")}`)
    .option("--url <url>", "the base URL of the gateway (default: where `serve` listens)", parseBaseURL)
    .option("-m, --model <name>", "what the program asks for (default: auto)")
    .option("--write", "change its settings; the file as it was is kept beside it")
    .option("--undo", "change them back")
    .action(async (name, options) => {
      const { setup } = await import("./agents/setup.ts");
      code = await setup(ownShell, output, name, options);
    });
  stateCommand(
    "run <program> [words...]",
    "start a program that asks the gateway, without changing its settings",
  )
    .option(
      "--url <url>",
      "the base URL of the gateway (default: the one that runs, or one of its own)",
      parseBaseURL,
    )
    .option("-m, --model <name>", "what the program asks for (default: auto)")
    .passThroughOptions()
    .allowExcessArguments(true)
    .action(async (name, words, options) => {
      const { run } = await import("./agents/run.ts");
      code = await run(ownShell, output, name, words, options);
    });
  listCommand("models", "list what can be asked for").action(async (options) => {
    const { models } = await import("./models.ts");
    code = await models(ownShell, output, options);
  });
  listCommand("providers", "list the installed providers and why each was accepted").action(
    async (options) => {
      const { providers } = await import("./providers.ts");
      code = await providers(ownShell, output, options);
    },
  );
  command("explain <name>", "tell step by step what a name stands for").action(async (name, options) => {
    const { explain } = await import("./explain.ts");
    code = await explain(ownShell, output, name, options);
  });
  command(
    "health",
    "tell what is remembered of failures, by a running `fallthrough serve` or else between calls",
  )
    .option("--reset [provider]", "first forget the failures of this provider, or of all")
    .option("--url <url>", "base URL of the gateway (default: the address in the configuration)")
    .option("--token <text>", "its bearer token (default: FALLTHROUGH_TOKEN, if set)")
    .action(async (options) => {
      const { health } = await import("./health.ts");
      code = await health(ownShell, output, options);
    });
  command(
    "status",
    "tell how a running `fallthrough serve` is: who answers, why others do not, the last calls",
  )
    .option("--watch", "follow it until Ctrl-C")
    .option("--url <url>", "base URL of the gateway (default: the address in the configuration)")
    .option("--token <text>", "its bearer token (default: FALLTHROUGH_TOKEN, if set)")
    .action(async (options) => {
      const { status } = await import("./status.ts");
      code = await status(ownShell, output, options);
    });
  plainCommand("sync", "write a module that imports the installed providers, for bundles")
    .option("-o, --out <file>", "the file to write", "providers.gen.ts")
    .option("--check", "only tell whether it is up to date")
    .action(async (options) => {
      const { sync } = await import("./sync.ts");
      code = await sync(ownShell, output, options);
    });
  plainCommand("init", "write a first configuration from what is found on this machine")
    .option("--yes", "write it without a question")
    .action(async (options) => {
      const { init } = await import("./init.ts");
      code = await init(ownShell, output, options);
    });
  listCommand("doctor", "tell who would be asked, and of everybody else why not and what to do")
    .option("--probe", "also make a real call to each")
    .action(async (options) => {
      const { doctor } = await import("./doctor.ts");
      code = await doctor(ownShell, output, options);
    });

  try {
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (shell.signal.aborted) return exitCodeOf(shell.signal);
    if (error instanceof CommanderError) return endUsage(output, error, words);
    return reportFailure(output, error, words.includes("--json"));
  } finally {
    await Promise.allSettled(lastWorks.map((work) => work()));
  }
}

/** Commander has told on stderr what is wrong. */
function endUsage(
  output: Output,
  { code, message, exitCode }: CommanderError,
  words: readonly string[],
): number {
  if (exitCode === 0) return EXIT.answered;
  if (code === "commander.unknownOption" && words[0] === "ask")
    output.note("a prompt that begins with `-` comes after `--`: fallthrough ask -- '- one item'");
  if (words.includes("--json")) {
    const told = message.replace(/^error: /, "");
    const fix = "Correct the command line; `fallthrough --help` shows what it takes.";
    output.json({ ...describeFailure(usageError(told, fix)), route: { attempts: [] } });
  }
  return EXIT.usage;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !Number.isFinite(seconds) || seconds < 0) {
    throw new InvalidArgumentError("expected a number of seconds, or 0 for no limit");
  }
  return seconds;
}

function parseBaseURL(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError("expected an http or https URL, http://127.0.0.1:8787/v1 for example");
  }
  return text.replace(/\/+$/, "");
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count === 0) throw new InvalidArgumentError("expected a whole number from 1");
  return count;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError("expected a number from 0 to 65535");
  }
  return port;
}

function parseProxy(text: string): string {
  if (!/^(?:https?|socks5h?):\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError("expected an http, https or socks5 URL");
  }
  return text;
}
