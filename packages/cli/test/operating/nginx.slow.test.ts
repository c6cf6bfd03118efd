import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { hasSystemPackage } from "../../../../scripts/system-packages.mjs";
import { answerHi, deploy, SERVE, startModel } from "./deployment.ts";
import { readAll, SITE, startNginx } from "./nginx.ts";

/** nginx by itself waits for 60 s. */
const SILENCE_MS = 65_000;

test.runIf(hasSystemPackage("nginx-light"))(
  "an answer that is silent for longer than nginx waits by itself arrives whole",
  async () => {
    const model = await startModel(async (response) => {
      await sleep(SILENCE_MS);
      answerHi(response);
    });
    const config = { ...model, serve: { hosts: [SITE] } };
    const { port } = await deploy(SERVE, config);
    const site = await startNginx(port);

    const answer = await site.send({ body: { messages: [{ role: "user", content: "What is new?" }] } });

    expect(await readAll(answer)).toContain('"content":"hi"');
  },
  SILENCE_MS + 30_000,
);
