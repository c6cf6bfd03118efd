import type { ChatProvider } from "@fallthrough/core";
import { createAnthropic } from "@fallthrough/provider-anthropic";
import { createGemini } from "@fallthrough/provider-gemini";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { type Services, startServices, type Upstream } from "@fallthrough/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DOORS } from "./doors.ts";

// a conversation of four turns, with tools and thoughts, over each service and through each door

interface Service {
  readonly name: string;
  /** The stand-in that answers it. */
  upstream(services: Services): Upstream;
  create(baseURL: string): ChatProvider;
  /** Finds what a request carries of an earlier thought, or of what proves it. */
  readonly state: RegExp;
  /** The tools that it calls. */
  readonly calls: readonly string[];
}

const OPENAI = { apiKey: "k", models: [{ id: "gpt-5-mini" }] };
const SERVICES: readonly Service[] = [
  {
    name: "anthropic",
    upstream: ({ anthropic }) => anthropic,
    create: (baseURL) => createAnthropic({ baseURL, apiKey: "k", models: [{ id: "claude-sonnet-4-6" }] }),
    state: /"signature":|"redacted_thinking"/g,
    calls: ["look"],
  },
  {
    name: "gemini",
    upstream: ({ gemini }) => gemini,
    create: (baseURL) => createGemini({ baseURL, apiKey: "k", models: [{ id: "gemini-3-flash" }] }),
    state: /"thoughtSignature":/g,
    calls: ["look", "hear"],
  },
  {
    name: "openai in chat completions",
    upstream: ({ openai }) => openai,
    create: (baseURL) => createOpenAI({ id: "chat", baseURL, ...OPENAI }),
    state: /"reasoning_content":/g,
    calls: ["look", "hear"],
  },
  {
    name: "openai in Responses",
    upstream: ({ openai }) => openai,
    create: (baseURL) => createOpenAI({ id: "responses", api: "responses", baseURL, ...OPENAI }),
    state: /"encrypted_content":/g,
    calls: ["look", "hear"],
  },
];
const parameters = { type: "object", properties: { question: { type: "string" } } };
const TOOLS = ["look", "hear"].map((name) => ({ name, description: name, parameters }));
const QUESTIONS = ["What is red?", "What is the secret?", "What is blue?", "And green?"];
// no cooldown, so that whoever was down is asked again
const POLICY = { server: { health: "none" } } as const;

let services: Services;
let second: Services;
beforeEach(async () => {
  [services, second] = await Promise.all([startServices(), startServices()]);
});
afterEach(() => Promise.all([services.close(), second.close()]));

test.each(
  DOORS.flatMap((door) => SERVICES.map((service) => [service.name, door.name, service, door] as const)),
)("%s through %s", async (_, __, service, door) => {
  const upstream = service.upstream(services);
  const registry = createRegistry({ providers: [service.create(upstream.baseURL)], policy: POLICY });
  const say = door.open(registry, TOOLS, "low");

  for (const question of QUESTIONS) {
    const asked = await say({ question });
    const calls = asked.toolCalls ?? [];
    expect(calls.map(({ name, arguments: text }) => [name, JSON.parse(text)])).toEqual(
      service.calls.map((name) => [name, { question }]),
    );
    const answered = await say({ results: Object.fromEntries(calls.map(({ id = "" }) => [id, "7"])) });
    expect(answered.text).toBe(services.answerTo(question));
    const isHidden = service.name === "anthropic" && question.includes("secret");
    for (const { reasoning } of [asked, answered]) {
      if (isHidden) expect(reasoning ?? "").toBe("");
      else expect(reasoning).toContain("characters");
    }
  }

  expect(upstream.requests).toHaveLength(2 * QUESTIONS.length);
  expect(upstream.requests.at(-1)?.body.match(service.state)).toHaveLength(2 * QUESTIONS.length - 1);
  await registry.close();
});

/** Who is up in each request of the conversation: each goes on with what each other has begun. */
const TURNS = [0, 1, 2, 3, 1, 0, 3, 2];

test.each(DOORS.map((door) => [door.name, door] as const))(
  "through %s, whoever is up goes on with what the others have said",
  async (_, door) => {
    // both APIs of OpenAI are up and down on their own
    const upstreams = SERVICES.map((service, index) => service.upstream(index === 3 ? second : services));
    const providers = SERVICES.map((service, index) => service.create(upstreams[index]?.baseURL ?? ""));
    const registry = createRegistry({ providers, policy: POLICY });
    const say = door.open(registry, TOOLS, "low");
    const isUp = (step: number): Services => {
      for (const [index, upstream] of upstreams.entries()) {
        upstream.behave(index === TURNS[step] ? "ok" : "server-error");
      }
      return TURNS[step] === 3 ? second : services;
    };

    for (const [turn, question] of QUESTIONS.entries()) {
      isUp(2 * turn);
      const { toolCalls: calls = [] } = await say({ question });
      expect(calls.map(({ name }) => name)).toEqual(SERVICES[TURNS[2 * turn] ?? 0]?.calls);
      const answering = isUp(2 * turn + 1);
      const { text } = await say({ results: Object.fromEntries(calls.map(({ id = "" }) => [id, "7"])) });
      expect(text).toBe(answering.answerTo(question));
    }

    await registry.close();
  },
);
