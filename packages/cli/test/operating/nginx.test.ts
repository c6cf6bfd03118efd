import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { hasSystemPackage } from "../../../../scripts/system-packages.mjs";
import {
  answerHi,
  DONE,
  deploy,
  formatPiece,
  operatingFile,
  SERVE,
  startModel,
  TOKEN,
} from "./deployment.ts";
import { readAll, SITE, startNginx } from "./nginx.ts";

const MESSAGES = [{ role: "user", content: "What is new?" }];

describe.runIf(hasSystemPackage("nginx-light"))("behind nginx", () => {
  async function start(model: object) {
    const config = { ...model, serve: { hosts: [SITE] } };
    return startNginx((await deploy(SERVE, config)).port);
  }

  test("a piece of an answer arrives before the next one is written", async () => {
    let goOn = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const model = await startModel(async (response) => {
      response.setHeader("content-type", "text/event-stream");
      response.write(formatPiece("first"));
      await arrived;
      response.end(`${formatPiece("second", "stop")}${DONE}`);
    });
    const site = await start(model);

    const answer = await site.send({ body: { messages: MESSAGES, stream: true } });
    let text = "";
    while (!text.includes("first")) text += (await once(answer, "data"))[0];
    const before = text;
    goOn();
    text += await readAll(answer);

    expect(before).not.toContain("second");
    expect(text).toMatch(/second.*data: \[DONE\]\n\n$/s);
  });

  test("the site is known by its name alone, needs the token, and takes bodies as large as the gateway does", async () => {
    const site = await start(await startModel(answerHi));
    const ask = async (options: object, content = "What is new?") => {
      const answer = await site.send({ body: { messages: [{ role: "user", content }] }, ...options });
      await readAll(answer);
      return answer.statusCode;
    };

    expect(await ask({})).toBe(200);
    expect(await ask({ headers: { origin: `https://${SITE}` }, host: SITE })).toBe(200);
    expect(await ask({ host: "another.example" })).toBe(421);
    expect(await ask({ headers: { authorization: "Bearer wrong" } })).toBe(401);
    expect(await ask({}, "x".repeat(30 * 1024 * 1024))).toBe(200);
    expect(await ask({}, "x".repeat(33 * 1024 * 1024))).toBe(413);
  });

  test("a WebSocket is opened through it", async () => {
    const site = await start(await startModel(answerHi));

    const answer = await site.send({
      path: "/v1/responses",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      },
    });

    expect(answer.statusCode).toBe(101);
  });
});

test("nginx lets go of an idle connection before the gateway does", () => {
  const [, seconds] = /keepalive_timeout (\d+)s/.exec(operatingFile("nginx.conf")) ?? [];

  expect(Number(seconds) * 1_000).toBeLessThan(createServer().keepAliveTimeout);
});
