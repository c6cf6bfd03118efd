import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Application, BROKEN_PLUGIN, createApplication, runCommand } from "./command.ts";

let upstreams: Upstreams;
let application: Application;

beforeAll(async () => {
  upstreams = await startUpstreams();
  const { chatgptfree: _, ...settings } = upstreams.settings;
  application = createApplication(["pizzagpt", "chatgptt", "fakegpt"], { settings });
  application.install("fallthrough-provider-broken", BROKEN_PLUGIN);
});
afterAll(async () => {
  await upstreams.close();
  application.remove();
});
beforeEach(() => upstreams.chatgptt.behave("challenge"));

test("without a probe nobody is asked", async () => {
  const before = upstreams.pizzagpt.requests.length;

  const { code, stdout } = await runCommand(["doctor"], application);

  expect(stdout).toMatch(
    /^pizzagpt +@fallthrough\/provider-pizzagpt@\S+ +unverified, \S+ +loads +not observed/m,
  );
  expect(stdout).toMatch(
    /^broken +fallthrough-provider-broken@1\.2\.3 +active, 2026-01-01 +broken +not observed .*plugin is broken/m,
  );
  expect(upstreams.pizzagpt.requests).toHaveLength(before);
  expect(code).toBe(0);
});

test("a probe tells who answers, who does not and in what time", async () => {
  const { code, stdout } = await runCommand(["doctor", "--probe"], application);

  expect(stdout).toMatch(/^pizzagpt .* loads +answered in \d+ ms/m);
  expect(stdout).toMatch(/^chatgptt .* loads +blocked in \d+ ms/m);
  expect(stdout).toMatch(/^fakegpt .* loads +answered in \d+ ms/m);
  expect(upstreams.pizzagpt.requests.at(-1)?.body).toContain("Reply with the single word: ok");
  expect(code).toBe(0);
});

test("JSON has the same facts", async () => {
  const { stdout } = await runCommand(["doctor", "--probe", "--json"], application);

  expect(JSON.parse(stdout)).toMatchObject({
    providers: [
      { provider: "pizzagpt", loads: true, probe: { outcome: "answered" } },
      {
        provider: "chatgptt",
        loads: true,
        probe: { outcome: "failed", code: "blocked" },
        error: { code: "blocked" },
      },
      { provider: "fakegpt", loads: true, probe: { outcome: "answered" } },
      {
        provider: "broken",
        loads: false,
        error: { message: expect.stringContaining("the plugin is broken") },
      },
    ],
    problems: [],
  });
});

test("settings that a provider refuses are told from a broken plugin", async () => {
  const misled = createApplication(["pizzagpt"], { settings: { pizzagpt: { baseURL: "no address" } } });

  const { code, stdout } = await runCommand(["doctor"], misled);

  expect(stdout).toMatch(/^pizzagpt .* not configured +not observed .*baseURL/m);
  expect(code).toBe(1);
  misled.remove();
});

test("where nothing is usable the exit code is 1", async () => {
  const broken = createApplication([]);
  broken.install("fallthrough-provider-broken", BROKEN_PLUGIN);
  const empty = createApplication([]);

  expect((await runCommand(["doctor"], broken)).code).toBe(1);
  expect(await runCommand(["doctor"], empty)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("npm init -y && npm install"),
  });
  broken.remove();
  empty.remove();
});

test("each line says whether it would be asked, or why not and what to do", async () => {
  const { code, stdout } = await runCommand(["doctor"], application);
  const others = createApplication(["openai"]);
  const all = await runCommand(["doctor", "--all"], { ...others, environment: { GROQ_API_KEY: "" } });
  others.remove();

  expect(stdout).toMatch(/^pizzagpt .* would be asked/m);
  expect(stdout).toMatch(/^broken .* not asked +.*could not be imported.* Report it to the author/m);
  expect(all.stdout).toMatch(
    /^groq .* not there .* not asked +needs GROQ_API_KEY.* set GROQ_API_KEY in the environment/m,
  );
  expect(all.stdout).toMatch(
    /^ollama .* not asked +is not there: .* start its server on 127\.0\.0\.1:11434/m,
  );
  expect([code, all.code]).toEqual([0, 1]);
});

test("settings of a service are checked before its key is set", async () => {
  const early = createApplication(["openai"], { settings: { groq: { baseUrl: "https://x.test" } } });

  const { stdout } = await runCommand(["doctor"], { ...early, environment: { GROQ_API_KEY: "" } });
  early.remove();

  expect(stdout).toMatch(/^groq .* not configured .*setting `baseUrl` is unknown, expected `baseURL`/m);
});

test("a server with a key of its own is probed", async () => {
  const servers = {
    mine: { baseURL: upstreams.openai.baseURL, apiKey: "sk-mine-1234", models: ["llama3.2"] },
  };
  const keyed = createApplication(["openai"], { servers });

  const { code, stdout } = await runCommand(["doctor", "--probe", "--json"], keyed);
  keyed.remove();

  expect(JSON.parse(stdout).providers).toContainEqual(
    expect.objectContaining({
      provider: "mine",
      asked: true,
      probe: expect.objectContaining({ outcome: "answered" }),
    }),
  );
  expect(upstreams.openai.requests.at(-1)?.headers["authorization"]).toBe("Bearer sk-mine-1234");
  expect(stdout).not.toContain("sk-mine");
  expect(code).toBe(0);
});
