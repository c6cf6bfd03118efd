import { spawnSync } from "node:child_process";
import { DockerfileParser } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";
import { answerHi, ask, deploy, operatingFile, startModel } from "./deployment.ts";

const DOCKERFILE = operatingFile("Dockerfile");
const dockerfile = DockerfileParser.parse(DOCKERFILE);

/** The words of the last instruction of this name that is written as a JSON array. */
function wordsOf(name: string): readonly string[] {
  const text = dockerfile
    .getInstructions()
    .findLast((instruction) => instruction.getKeyword() === name)
    ?.getArgumentsContent();
  return JSON.parse(/\[.*\]/s.exec(text ?? "")?.[0] ?? "[]");
}

test("a linter finds no fault in the Dockerfile", () => {
  expect(validate(DOCKERFILE)).toEqual([]);
});

test("the image has no build tools of the first stage, and does not run as root", () => {
  const froms = dockerfile.getFROMs();
  const users = dockerfile.getInstructions().filter((instruction) => instruction.getKeyword() === "USER");
  const [from, user] = [froms.at(-1), users.at(-1)];

  expect(froms).toHaveLength(2);
  expect(user?.getArgumentsContent()).toBe("node");
  expect(user?.getRange().start.line).toBeGreaterThan(from?.getRange().start.line ?? Number.NaN);
});

test("what the container runs answers, is healthy while it serves, and ends with 0", async () => {
  const config = await startModel(answerHi);
  const words = [...wordsOf("ENTRYPOINT"), ...wordsOf("CMD")];
  const { child, port, ended } = await deploy(words, config);
  const isHealthy = () => {
    const [, ...args] = wordsOf("HEALTHCHECK").map((word) => word.replace("8787", `${port}`));
    return spawnSync(process.execPath, args).status === 0;
  };

  const answered = await ask(port);
  const healthy = isHealthy();
  child.kill("SIGTERM");

  expect([answered, healthy]).toEqual([200, true]);
  expect(await ended).toBe(0);
  expect(isHealthy()).toBe(false);
});
