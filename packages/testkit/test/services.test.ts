import { expect, test } from "vitest";
import { startServices } from "../src/services.ts";

test("each stand-in speaks its protocol on an origin of its own, and all give one answer", async () => {
  // #region services
  const services = await startServices({ gemini: { apiKey: "secret" } });

  const response = await fetch(
    `${services.gemini.baseURL}/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse`,
    {
      method: "POST",
      headers: { "content-type": "application/json", "x-goog-api-key": "secret" },
      body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Is it blue?" }] }] }),
    },
  );

  const events = await response.text();
  const expected = services.answerTo("Is it blue?");
  await services.close();
  // #endregion

  const data = events.match(/(?<=^data: ).*$/gm)?.map((json) => JSON.parse(json)) ?? [];
  expect(data.map(({ candidates }) => candidates[0].content.parts[0].text).join("")).toBe(expected);
  expect(
    new Set([services.anthropic, services.gemini, services.openai].map(({ baseURL }) => baseURL)).size,
  ).toBe(3);
  await expect(fetch(services.openai.baseURL)).rejects.toThrow("fetch failed");
});

test("each stand-in refuses a key that is not the one that is set", async () => {
  const services = await startServices({
    anthropic: { apiKey: "secret" },
    gemini: { apiKey: "secret" },
    openai: { apiKey: "secret" },
  });
  const { anthropic, gemini, openai } = services;

  const asked: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    [`${anthropic.baseURL}/v1/models`, { "anthropic-version": "2026-10-21", authorization: "Bearer secret" }],
    [`${anthropic.baseURL}/v1/models`, { "anthropic-version": "2023-06-01", "x-api-key": "other" }],
    [`${gemini.baseURL}/v1beta/models`, { "x-goog-api-key": "secret" }],
    [`${gemini.baseURL}/v1beta/models?key=secret`, {}],
    [`${openai.baseURL}/models`, { authorization: "Bearer secret" }],
    [`${openai.baseURL}/models`, {}],
  ];
  const statuses = await Promise.all(
    asked.map(async ([url, headers]) => (await fetch(url, { headers })).status),
  );

  expect(statuses).toEqual([200, 401, 200, 400, 200, 401]);
  await services.close();
});
