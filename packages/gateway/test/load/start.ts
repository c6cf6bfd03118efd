import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("gateway.mjs", import.meta.url));

/** What a process holds, in bytes. */
interface Memory {
  /** After its garbage was collected. */
  readonly heap: number;
  /** The most that all of it has been, with what is not JavaScript's. */
  readonly peak: number;
}

/** A gateway in a process of its own, in front of one upstream. */
export interface MeasuredGateway {
  readonly port: number;
  measure(): Promise<Memory>;
  close(): Promise<void>;
}

/** Starts both; the upstream answers as it is told. */
export async function startMeasured(
  answer: RequestListener,
  { maxCalls }: { readonly maxCalls: number },
): Promise<MeasuredGateway> {
  const upstream = createServer(answer).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const { port } = upstream.address() as AddressInfo;
  const child = fork(PROGRAM, [`http://127.0.0.1:${port}/v1`, `${maxCalls}`], {
    // with little to spare, so that garbage does not pass for what is needed
    execArgv: ["--expose-gc", "--max-old-space-size=64", "--max-semi-space-size=4"],
  });
  const [gatewayPort] = await once(child, "message");

  return {
    port: gatewayPort,
    async measure() {
      const answered = once(child, "message");
      child.send("measure");
      return (await answered)[0];
    },
    async close() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
      upstream.close();
      upstream.closeAllConnections();
    },
  };
}
