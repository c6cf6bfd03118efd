import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { ChatError, type StreamPart } from "@fallthrough/core";
import {
  type CommonSettings,
  defineProvider,
  formatPrompt,
  type ProviderFactory,
  wishWarnings,
} from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { parsePart } from "./protocol.ts";

/** The program, and the arguments that it is always given. */
const COMMAND: readonly [string, ...string[]] = ["my-site"];

/** The settings of `createMySite`. */
export interface MySiteSettings extends CommonSettings {
  /** The program to start, and its arguments. @default `my-site` */
  readonly command?: string[] | undefined;
}

const command = {
  is: (value: unknown): value is string[] =>
    Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string"),
  expected: "a list of texts: the program and its arguments",
};

/** Creates a provider for My Site, which starts a program for each call. */
export const createMySite: ProviderFactory<MySiteSettings> = defineProvider(
  { manifest, settings: { command } },
  ({ card, settings }) => {
    const running = new Set<ChildProcess>();
    return {
      async *stream(request) {
        yield* wishWarnings(card, request);
        const warnings: StreamPart[] = [];
        const prompt = formatPrompt(request.messages, (message) =>
          warnings.push({ type: "warning", code: "unsupported", message }),
        );
        yield* warnings;

        const { model, signal } = request;
        signal?.throwIfAborted();
        const [program = COMMAND[0], ...words] = settings.command ?? COMMAND;
        const child = spawn(program, words, { stdio: ["pipe", "pipe", "ignore"], windowsHide: true });
        const leave = () => child.kill("SIGKILL");
        running.add(child);
        signal?.addEventListener("abort", leave);
        try {
          await once(child, "spawn");
          // a program that has ended reads nothing
          child.stdin.on("error", () => {}).end(JSON.stringify({ model, prompt }));
          for await (const line of createInterface({ input: child.stdout })) {
            const part = parsePart(line);
            yield part;
            if (part.type === "finish") return;
          }
          // without its last line the answer was cut: core tells that to the caller
          signal?.throwIfAborted();
        } catch (cause) {
          throw cause instanceof ChatError || signal?.aborted
            ? cause
            : new ChatError("config", `the program ${program} did not start`, { cause });
        } finally {
          signal?.removeEventListener("abort", leave);
          leave();
          running.delete(child);
        }
      },
      async close() {
        for (const child of running) child.kill("SIGKILL");
      },
    };
  },
);
