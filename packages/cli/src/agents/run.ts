import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "@fallthrough/gateway";
import { loadApplication, noteProblems } from "../application.ts";
import { usageError } from "../failure.ts";
import { greet } from "../gateway-client.ts";
import type { Output } from "../output.ts";
import { EXIT, type Shell, TERMINATED } from "../shell.ts";
import type { Agent, AgentGateway } from "./agents.ts";
import { type AddressOptions, gatewayAddress } from "./gateway-address.ts";
import { findAgent } from "./setup.ts";

/** Starts a program that asks the gateway, and writes nothing into its settings; gives its exit code. */
export async function run(
  shell: Shell,
  output: Output,
  name: string,
  words: readonly string[],
  options: AddressOptions,
): Promise<number> {
  const agent = findAgent(name);
  if (agent.launch === undefined)
    throw usageError(
      `${agent.title} cannot be told of the gateway as it starts, expected \`fallthrough setup ${name}\``,
    );
  const address = await gatewayAddress(shell, output, options);
  if (options.url !== undefined || (await greet(shell, address.baseURL))?.ok === true) {
    return launch(shell, agent, address, words);
  }
  return withOwnGateway(shell, output, address, options, (own) => launch(shell, agent, own, words));
}

/** A gateway for as long as the program runs, which nobody else of this machine can use. */
async function withOwnGateway(
  shell: Shell,
  output: Output,
  { model }: AgentGateway,
  options: AddressOptions,
  action: (gateway: AgentGateway) => Promise<number>,
): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  const { registry, providers } = application;
  if (providers.length === 0) return EXIT.usage;
  const token = randomUUID();
  const gateway = await startGateway(registry, { port: 0, token });
  try {
    return await action({ baseURL: gateway.baseURL, model, token });
  } finally {
    await gateway.close();
    await registry.close();
  }
}

async function launch(
  shell: Shell,
  { title, command, install, launch: launchOf }: Agent,
  gateway: AgentGateway,
  own: readonly string[],
): Promise<number> {
  const { environment, words = [], module } = launchOf?.(gateway) ?? {};
  const folder = module === undefined ? undefined : mkdtempSync(join(tmpdir(), "fallthrough-"));
  const before = [...words];
  if (folder !== undefined && module !== undefined) {
    const file = join(folder, "fallthrough.mjs");
    writeFileSync(file, module);
    before.push(file);
  }
  try {
    const child = spawn(command, [...before, ...own], {
      cwd: shell.directory,
      env: { ...shell.environment, ...environment },
      stdio: "inherit",
      // npm's commands are scripts there
      shell: process.platform === "win32",
    });
    // a terminal sends it to the program as well, which knows what to do
    shell.takeInterrupts?.(() => {});
    const end = () => child.kill(shell.signal.reason === TERMINATED ? "SIGTERM" : "SIGINT");
    shell.signal.addEventListener("abort", end, { once: true });
    return await new Promise<number>((resolve, reject) => {
      child.on("error", (error: NodeJS.ErrnoException) =>
        reject(
          error.code === "ENOENT"
            ? usageError(`${title} is not installed, expected \`${install}\` first`)
            : error,
        ),
      );
      child.on("close", (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
      );
    });
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
