import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { type FaultScript, playStep } from "../fault-server.ts";
import { httpResponse } from "../http-message.ts";
import type { RecordedResponse } from "../recording.ts";
import { keepsAlive } from "../replay.ts";
import type { ReceivedRequest } from "../request-reader.ts";
import { type Connection, type SocketServer, startSocketServer } from "../socket-server.ts";
import { responseOf, wireBytes } from "./answer-bytes.ts";
import { type Plan, signature } from "./plan.ts";
import type { ProviderSuite } from "./suite.ts";

/** How a stage plays its exchanges. */
export interface StageOptions {
  /** What takes the place of a good answer; `read` is done already. */
  readonly script?: ((response: RecordedResponse, request: ReceivedRequest) => FaultScript) | undefined;
  /** The step of the call that the script is for. @default "answer" */
  readonly step?: "first" | "answer" | undefined;
  /** Sends good answers in pieces of so many bytes. */
  readonly bytesPerPiece?: number | undefined;
  /** Pauses behind each of those pieces. */
  readonly everyMs?: number | undefined;
  /** Given to the factory beside the address of the server. */
  readonly settings?: ProviderSettings | undefined;
}

/** A provider and the server that it talks to. */
export interface Stage {
  /** Made for this server. */
  readonly provider: ChatProvider;
  /** Counts connections and keeps what they sent. */
  readonly server: SocketServer;
  /** The good answers that were sent. */
  readonly sent: readonly RecordedResponse[];
  /** Resolves when the script holds. */
  readonly held: Promise<void>;
  /** Resolves when the connection of the script is closed. */
  readonly left: Promise<void>;
  /** Closes both. */
  close(): Promise<void>;
}

/** Starts a server with a plan's exchanges, and creates the provider for it. */
export async function startStage(suite: ProviderSuite, plan: Plan, options: StageOptions): Promise<Stage> {
  const { script, step = "answer", bytesPerPiece, everyMs } = options;
  const find = plan.createFinder();
  const held = createSign();
  const left = createSign();
  const sent: RecordedResponse[] = [];
  const broken = new Set<string>();

  const server = await startSocketServer(async (connection) => {
    for (;;) {
      const request = await connection.readRequest();
      if (request === undefined) return connection.finish();
      const found = find(request);
      const isPlace = found.step === step || (step === "first" && plan.steps === 1);
      // a client may repeat a request that is safe to repeat, and a job is asked for again: both meet the same fault
      const isScripted = script !== undefined && (isPlace || broken.has(signature(request)));
      if (found.exchange === undefined && !isScripted) {
        await connection.send(httpResponse({ status: 500, body: `no exchange for ${request.path}` }));
        continue;
      }
      const response = responseOf(found.exchange ?? httpResponse({}));
      if (isScripted) {
        broken.add(signature(request));
        connection.signal.addEventListener("abort", left.give);
        await play(script(response, request), connection, held.give);
        if (connection.signal.aborted) return;
        continue;
      }
      sent.push(response);
      const bytes = wireBytes(response);
      await playStep({ send: bytes, pieces: bytesPerPiece, everyMs }, connection);
      if (!keepsAlive([bytes])) return connection.finish();
    }
  });
  const provider = suite.create({ baseURL: server.origin, proxy: false, ...options.settings });

  return {
    provider,
    server,
    sent,
    held: held.given,
    left: left.given,
    async close() {
      await server.close();
      await provider.close?.();
    },
  };
}

async function play(script: FaultScript, connection: Connection, hold: () => void): Promise<void> {
  for (const step of script) {
    if (connection.signal.aborted) return;
    if ("hold" in step) hold();
    if (!("read" in step)) await playStep(step, connection);
  }
}

/** A promise and the function that resolves it. */
export function createSign(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
