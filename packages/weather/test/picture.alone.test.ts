import { expect, test } from "vitest";
import { noMemory } from "../src/contestants/no-memory.ts";
import { run } from "../src/engine/run.ts";
import { createService, down } from "../src/engine/service.ts";
import { drawRun } from "../src/picture.ts";

test("a picture has a band for each outage and a mark for each prompt and each call without an answer", async () => {
  const condition = down({ kind: "failure", afterMs: 5, code: "server" });
  const log = await run(
    {
      name: "two",
      about: "Both are down for a while.",
      create: () => ({
        services: [
          createService("first", [{ from: 10, to: 20, condition }]),
          createService("second", [{ from: 10, to: 15, condition }]),
        ],
        callers: [5, 12, 17].map((second) => ({ at: 1_000 * second })),
      }),
    },
    noMemory,
    0,
  );

  const picture = drawRun(log, { title: "two", from: 0, to: 30 });

  expect(picture.match(/fill="#f6d5d5"/g)).toHaveLength(2);
  expect(picture.match(/<circle[^>]*fill="#1a7f37"/g)).toHaveLength(2);
  expect(picture.match(/<circle[^>]*fill="#c62828"/g)).toHaveLength(3);
  expect(picture.match(/width="2" height="18"/g)).toHaveLength(1);
});
