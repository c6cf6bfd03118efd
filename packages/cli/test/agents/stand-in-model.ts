import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "@fallthrough/core";

/** What a stand-in does with a call: it answers, refuses it, finds it too long, or breaks off after some text. */
type Behaviour = "answer" | "refuse" | "overflow" | "break";

/** A message as a stand-in got it. */
interface ReceivedMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly unknown[] | undefined;
}

/** A server that stands in for a model and its API. */
export interface StandInModel {
  /** Where a provider finds it. */
  readonly baseURL: string;
  /** What it does with the calls from now on. */
  behaviour: Behaviour;
  /** The messages of each call that had tools. */
  readonly calls: (readonly ReceivedMessage[])[];
  close(): void;
}

/** What the model says in the end. */
export const REPORT = "The file is made.";
/** What it has said when the connection breaks. */
export const HALF = "The file will";

const TOO_LONG = { code: "context_length_exceeded", message: "The maximum context length is 8192 tokens." };

/**
 * A model that makes a file with the first tool that can, and reports once a result has come.
 *
 * It knows the tools of Codex, Claude Code, opencode, pi and Qwen Code.
 */
export async function startModel(file: string): Promise<StandInModel> {
  const model = {
    baseURL: "",
    behaviour: "answer" as Behaviour,
    calls: [] as (readonly ReceivedMessage[])[],
  };
  const server: Server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { messages = [], tools = [] } = JSON.parse(body || "{}") as {
      readonly messages?: readonly ReceivedMessage[];
      readonly tools?: readonly { readonly function: { readonly name: string } }[];
    };
    if (tools.length > 0) model.calls.push(messages);
    if (model.behaviour === "refuse") return fail(response, 503, { message: "overloaded" });
    if (model.behaviour === "overflow") return fail(response, 400, TOO_LONG);
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (model.behaviour === "break") {
      writeDelta(response, { role: "assistant", content: HALF });
      setTimeout(() => response.destroy(), 50);
      return;
    }
    const lastAsked = messages.findLastIndex(({ role }) => role === "user");
    const isDone = messages.some(({ role }, index) => role === "tool" && index > lastAsked);
    const call = isDone
      ? undefined
      : callOf(
          tools.map((tool) => tool.function.name),
          file,
        );
    if (call === undefined) {
      for (const word of REPORT.split(/(?<= )/)) writeDelta(response, { content: word });
      writeDelta(response, {}, "stop");
    } else {
      writeDelta(response, { content: "I make it." });
      const called = { index: 0, id: `call_${model.calls.length}`, type: "function", function: call };
      writeDelta(response, { tool_calls: [called] });
      writeDelta(response, {}, "tool_calls");
    }
    response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  model.baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return Object.assign(model, {
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
}

function fail(response: ServerResponse, status: number, error: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error }));
}

function writeDelta(response: ServerResponse, delta: JsonObject, reason?: string): void {
  const choice = { index: 0, delta, finish_reason: reason ?? null };
  response.write(
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [choice] })}\n\n`,
  );
}

function callOf(names: readonly string[], file: string): JsonObject | undefined {
  const content = "hello\n";
  const known: Readonly<Record<string, JsonObject>> = {
    exec_command: { cmd: `echo hello > '${file}'` },
    Write: { file_path: file, content },
    // opencode's and pi's
    write: { filePath: file, path: file, content },
    write_file: { file_path: file, content },
  };
  const name = names.find((one) => Object.hasOwn(known, one));
  return name === undefined ? undefined : { name, arguments: JSON.stringify(known[name]) };
}
