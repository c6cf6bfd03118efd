import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { ChatError } from "@fallthrough/core";
import {
  type CommonSettings,
  defineProvider,
  formatPrompt,
  type ProviderFactory,
  wishWarnings,
} from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";
import { parsePart } from "./protocol.ts";

const manifest = manifestOf("child-process", "Child process");
const isCommand = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string");
const command = { is: isCommand, expected: "a list of texts: the program and its arguments" };
type Settings = CommonSettings & { readonly command?: string[] | undefined };

/** A provider that starts a program for each call: the question goes to its input, the answer comes line by line. */
export const createChild: ProviderFactory<Settings> = defineProvider(
  { manifest, settings: { command } },
  ({ card, settings }) => {
    const running = new Set<ChildProcess>();
    return {
      async *stream(request) {
        yield* wishWarnings(card, request);
        const { signal } = request;
        signal?.throwIfAborted();
        const [program = "parrot", ...words] = settings.command ?? [];
        const child = spawn(program, words, { stdio: ["pipe", "pipe", "ignore"] });
        const leave = () => child.kill("SIGKILL");
        running.add(child);
        signal?.addEventListener("abort", leave);
        try {
          await once(child, "spawn");
          // a program that has ended reads nothing
          child.stdin.on("error", () => {}).end(formatPrompt(request.messages));
          for await (const line of createInterface({ input: child.stdout })) {
            const part = parsePart(line, "the program");
            yield part;
            if (part.type === "finish") return;
          }
          signal?.throwIfAborted();
        } catch (cause) {
          throw cause instanceof ChatError || signal?.aborted
            ? cause
            : new ChatError("config", "the program did not start", { cause });
        } finally {
          signal?.removeEventListener("abort", leave);
          leave();
          running.delete(child);
        }
      },
      close: async () => running.forEach((child) => void child.kill("SIGKILL")),
    };
  },
);
