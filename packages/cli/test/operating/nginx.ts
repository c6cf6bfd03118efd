import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCertificate } from "@fallthrough/testkit";
import { onTestFinished } from "vitest";
import { operatingFile, ownFolder, TOKEN } from "./deployment.ts";

/** The name that the site is reached by. */
export const SITE = "chat.example.com";

/** How a request to the site differs from a plain one. */
interface SiteRequest {
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A question, as a JSON value. */
  readonly body?: object;
}

/** An nginx that serves the site of an operator. */
export interface Site {
  /** Sends a request, and gives the head of the answer. */
  send(options: SiteRequest): Promise<IncomingMessage>;
}

/** Starts the real nginx with the operator's file: only ports and certificates are those of the test. */
export async function startNginx(gatewayPort: number): Promise<Site> {
  const folder = ownFolder();
  const port = await freePort();
  const { key, cert } = await createCertificate({ names: [SITE] });
  writeFileSync(join(folder, "site.pem"), cert);
  writeFileSync(join(folder, "site.key"), key);
  const site = operatingFile("nginx.conf")
    .replace("127.0.0.1:8787", `127.0.0.1:${gatewayPort}`)
    .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
    .replace(/\/etc\/ssl\/certs\/\S+\.pem/, join(folder, "site.pem"))
    .replace(/\/etc\/ssl\/private\/\S+\.key/, join(folder, "site.key"));
  writeFileSync(join(folder, "site.conf"), site);
  mkdirSync(join(folder, "temporary"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/temporary/${name};`,
  );
  const main = [
    "daemon off;",
    // its workers may then read the folder of the test
    process.getuid?.() === 0 ? "user root;" : "",
    "worker_processes 1;",
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/error.log;`,
    "events {}",
    `http { access_log off; ${temporary.join(" ")} include ${folder}/site.conf; }`,
  ];
  writeFileSync(join(folder, "nginx.conf"), main.join("\n"));
  const child = spawn("nginx", ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
    stdio: "inherit",
  });
  onTestFinished(async () => {
    const over = once(child, "exit");
    if (child.kill("SIGTERM")) await over;
  });
  await listening(port, child);

  return {
    async send({ path = "/v1/chat/completions", host = `${SITE}:${port}`, headers = {}, body }) {
      const sent = request({
        host: "127.0.0.1",
        port,
        path,
        servername: SITE,
        ca: cert,
        agent: false,
        method: body === undefined ? "GET" : "POST",
        headers: {
          host,
          authorization: `Bearer ${TOKEN}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
      });
      sent.end(body === undefined ? undefined : JSON.stringify(body));
      const [answer] = await Promise.race([once(sent, "response"), once(sent, "upgrade")]);
      onTestFinished(() => void answer.destroy());
      return answer;
    },
  };
}

/** All that is left of an answer. */
export async function readAll(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const bytes of answer) text += bytes;
  return text;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const end = performance.now() + 10_000;
  while (performance.now() < end && child.exitCode === null) {
    const socket = createConnection(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    // nginx tells nobody that it is ready
    await sleep(20);
  }
  throw new Error("nginx does not start");
}
