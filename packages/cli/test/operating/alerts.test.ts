import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hasSystemPackage } from "../../../../scripts/system-packages.mjs";
import { ask, deploy, operatingFile, SERVE, startModel, TOKEN } from "./deployment.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ALERTS = fileURLToPath(new URL("../../operating/alerts.yml", import.meta.url));

describe.runIf(hasSystemPackage("prometheus"))("promtool", () => {
  test.each([
    ["reads the alerts", ["check", "rules", ALERTS]],
    [
      "raises each of them in its time, and none for what a caller did",
      ["test", "rules", join(HERE, "alerts.cases.yml")],
    ],
  ])("%s", (_, words) => {
    const { status, stdout, stderr } = spawnSync("promtool", words, { encoding: "utf8" });

    expect(stdout + stderr).not.toContain("FAILED");
    expect(status).toBe(0);
  });
});

test("the gateway has each series that an alert looks at", async () => {
  const config = await startModel((response) => void response.writeHead(402).end());
  const { port } = await deploy(SERVE, config);
  await ask(port);

  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const metrics = await response.text();

  const names = new Set(operatingFile("alerts.yml").match(/fallthrough_\w+/g));
  expect(names.size).toBe(3);
  for (const name of names) expect(metrics).toMatch(new RegExp(`^${name}\\{`, "m"));
  expect(metrics).toMatch(/^fallthrough_request_errors_total\{.*domain="policy",type="payment"\} 1$/m);
  expect(metrics).toMatch(
    /^fallthrough_candidate_reason\{provider="model",model="model",.*type="payment"\} 1$/m,
  );
});
