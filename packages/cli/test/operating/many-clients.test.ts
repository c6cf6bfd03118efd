import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { answerHi, ask, deploy, SERVE, startModel } from "./deployment.ts";

const CLIENTS = 1_000;
/** The most that Linux lets any program keep. */
const LIMIT = "/proc/sys/net/core/somaxconn";
const mostHeld = existsSync(LIMIT) ? Number(readFileSync(LIMIT, "utf8")) : 0;

test.runIf(mostHeld > CLIENTS)(
  "a thousand clients that come at once are held until the gateway can take them",
  async () => {
    const { child, port } = await deploy(SERVE, await startModel(answerHi));
    child.kill("SIGSTOP");

    const sockets = Array.from({ length: CLIENTS }, () => createConnection(port, "127.0.0.1"));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    child.kill("SIGCONT");

    expect(await ask(port)).toBe(200);
  },
);
