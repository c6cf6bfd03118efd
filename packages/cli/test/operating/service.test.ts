import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { hasSystemPackage } from "../../../../scripts/system-packages.mjs";
import { answerHi, ask, deploy, operatingFile, ownFolder, startModel } from "./deployment.ts";

const UNIT = operatingFile("fallthrough.service");
/** Tenths; systemd calls less than 20 well protected. */
const MOST_EXPOSURE = 15;

/** What the unit sets; the last one of several. */
function setting(name: string): string {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].at(-1)?.[1] ?? "";
}

describe.runIf(hasSystemPackage("systemd"))("systemd", () => {
  function analyze(...words: readonly string[]) {
    const unit = join(ownFolder(), "fallthrough.service");
    // the program that runs the unit has to exist
    writeFileSync(unit, UNIT.replace("/usr/bin/node", process.execPath));
    return spawnSync("systemd-analyze", [...words, unit], { encoding: "utf8" });
  }

  test("finds no fault in the unit", () => {
    const { status, stdout, stderr } = analyze("verify");

    expect(stdout + stderr).toBe("");
    expect(status).toBe(0);
  });

  test("calls the service well protected", () => {
    const { status, stdout } = analyze("security", "--offline=true", `--threshold=${MOST_EXPOSURE}`);

    expect(stdout).toContain("Overall exposure level");
    expect(status).toBe(0);
  });
});

test("the service serves, reads its configuration again on a reload and when it changes, keeps its state, and ends with 0", async () => {
  let calls = 0;
  const config = await startModel((response) => {
    calls++;
    if (calls === 1) response.writeHead(500).end();
    else answerHi(response);
  });
  const state = ownFolder();
  const [, stateFolder = ""] = /XDG_STATE_HOME=(\S+)/.exec(setting("Environment")) ?? [];
  const { child, port, ended, notes, configure } = await deploy(setting("ExecStart").split(" "), config, {
    XDG_STATE_HOME: state,
  });

  const before = [await ask(port), await ask(port, "the-next-token")];
  child.kill(`SIG${/-(\w+) \$MAINPID/.exec(setting("ExecReload"))?.[1]}` as NodeJS.Signals);
  await vi.waitFor(() => expect(notes()).toContain("the configuration was read again"), 10_000);
  configure({ ...config, serve: { tokens: { next: "the-next-token" } } });
  await vi.waitFor(async () => expect(await ask(port, "the-next-token")).toBe(200), 10_000);
  child.kill("SIGTERM");

  expect(before).toEqual([200, 401]);
  expect(await ended).toBe(0);
  expect(existsSync(join(state, "fallthrough", "health.json"))).toBe(true);
  expect(`${stateFolder}/${setting("StateDirectory")}`).toBe("/var/lib/fallthrough");
});
