import { setTimeout as delay } from "node:timers/promises";
import type { CallEntry, Status } from "@fallthrough/gateway";
import { formatCallLine, formatStatus } from "./format-status.ts";
import {
  askGateway,
  findGateway,
  type GatewayAddress,
  type GatewayOptions,
  readAnswer,
} from "./gateway-client.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";

/** The options of `status`. */
export interface StatusOptions extends GatewayOptions {
  /** Whether JSON is printed. */
  readonly json?: boolean | undefined;
  /** Whether it is followed until the command is ended. */
  readonly watch?: boolean | undefined;
}

/** Milliseconds before a gateway that is gone is looked for again. */
const RETRY_MS = 1_000;
const CLEAR = "\u001b[H\u001b[2J\u001b[3J";

/** Tells how a running gateway is, once or as it changes; a gateway that nobody can use ends it with 1. */
export async function status(shell: Shell, output: Output, options: StatusOptions): Promise<number> {
  const gateway = await findGateway(shell, output, options);
  const base = { ...gateway, url: gateway.url.replace(/\/v1$/, "") };
  if (options.watch) return watch(shell, output, base, options);
  const response = await askGateway(shell, { ...base, url: `${base.url}/status` });
  const told = (await readAnswer(response, base.url)) as Status;
  if (options.json) output.json(told);
  else for (const line of formatStatus(told)) output.line(...line);
  return told.state === "down" ? EXIT.unanswered : EXIT.answered;
}

/** On a terminal the picture is drawn again at each change; on a pipe each call that ends is a line. */
async function watch(
  shell: Shell,
  output: Output,
  gateway: GatewayAddress,
  { json }: StatusOptions,
): Promise<number> {
  const { signal } = shell;
  const isDrawn = shell.output.isTTY === true && !json;
  let known: Status | undefined;
  let calls: readonly CallEntry[] = [];

  function take(name: string, data: Status | CallEntry): void {
    if (json) output.json({ event: name, data });
    else if (name === "status") {
      const before = known;
      known = data as Status;
      calls = known.calls ?? calls;
      if (!isDrawn && before?.state !== known.state) output.line(...(formatStatus(known)[0] ?? []));
    } else if (name === "call") {
      const call = data as CallEntry;
      calls = [call, ...calls.filter(({ id, at }) => id !== call.id || at !== call.at)];
      if (!isDrawn && call.ms !== undefined && call.status !== undefined)
        output.line(...formatCallLine(call));
    }
    if (!isDrawn || known === undefined) return;
    shell.output.write(CLEAR);
    for (const line of formatStatus({ ...known, calls })) output.line(...line);
  }

  let isFirst = true;
  while (!signal.aborted) {
    try {
      const response = await askGateway(
        shell,
        { ...gateway, url: `${gateway.url}/events` },
        { isStream: true },
      );
      // a refusal is printed as for every other command
      if (!response.ok) await readAnswer(response, gateway.url);
      isFirst = false;
      for await (const { name, data } of readEvents(response)) take(name, JSON.parse(data));
    } catch (error) {
      if (signal.aborted) break;
      // one that never answered is a mistake of the command line
      if (isFirst) throw error;
    }
    if (signal.aborted) break;
    output.note({ text: "the connection to the gateway is lost, trying again", style: "yellow" });
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
  return EXIT.answered;
}

async function* readEvents(
  response: Response,
): AsyncGenerator<{ readonly name: string; readonly data: string }, void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    const frames = (rest + decoder.decode(piece, { stream: true })).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
      if (name !== undefined && data !== undefined) yield { name, data };
    }
  }
}
