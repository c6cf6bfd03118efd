import { expect, test } from "vitest";
import { type ChatPage, parsePage } from "../src/page.ts";
import { AIPKIT_2_3_43 } from "./recorded/aipkit-2-3-43.ts";
import { AIPKIT_2_4_71 } from "./recorded/aipkit-2-4-71.ts";
import { CLASSIC_1_9_18 } from "./recorded/classic-1-9-18.ts";
import type { Expectation, TurnExpectation } from "./recorded/expectation.ts";
import {
  answersFor,
  askSite,
  recordedFiles,
  recording,
  startSite,
  type Version,
} from "./recorded/replay-turn.ts";

const TABLES: readonly (readonly [Version, Readonly<Record<string, Expectation>>])[] = [
  ["1.9.18", CLASSIC_1_9_18],
  ["2.3.43", AIPKIT_2_3_43],
  ["2.4.71", AIPKIT_2_4_71],
];

const rows = TABLES.flatMap(([version, table]) =>
  Object.entries(table).map(([name, expectation]) => ({ version, name, expectation })),
);
const turns = rows.flatMap(({ version, name, expectation }) =>
  expectation.type === "turn" ? [{ version, name, expectation }] : [],
);
const pages = rows.flatMap(({ version, name, expectation }) =>
  expectation.type === "page" ? [{ version, name, page: expectation.page }] : [],
);

test.each(TABLES)("the table of %s names every file of its folder", (version, table) => {
  const files = recordedFiles(version);
  const texts = files.filter((file) => file.endsWith(".txt")).map((file) => file.replace(/\.txt$/, ""));
  const raws = files.filter((file) => file.endsWith(".raw")).map((file) => file.replace(/\.raw$/, ""));

  expect(Object.keys(table)).toEqual(texts.sort());
  expect(texts).toEqual(expect.arrayContaining(raws));
  expect(files).toHaveLength(texts.length + raws.length);
});

test("the folders hold as many recordings as were made", () => {
  const count = (version: Version, extension: string) =>
    recordedFiles(version).filter((file) => file.endsWith(extension)).length;

  expect(TABLES.map(([version]) => [count(version, ".txt"), count(version, ".raw")])).toEqual([
    [84, 0],
    [163, 73],
    [132, 84],
  ]);
});

test("every recording that is no turn says why", () => {
  const others = rows.flatMap(({ name, expectation }) => (expectation.type === "no-turn" ? [name] : []));

  expect(others).toEqual([
    "019-nonce-preflight",
    "105-cross-origin-preflight",
    "019-nonce-preflight",
    "101-cross-origin-preflight",
  ]);
  expect([turns.length, pages.length]).toEqual([347, 28]);
});

test.each(pages)("$version $name is read as the page it is", async ({ version, name, page }) => {
  const { response } = recording(version, name);

  const read = await parsePage(response?.body.toString("utf8") ?? "");

  expect({ generation: read.generation, bots: read.bots }).toEqual(page);
  expect([read.nonce, read.ajaxPath]).toEqual(tokensOf(version, page));
});

function tokensOf(version: Version, { generation }: Pick<ChatPage, "generation">): unknown {
  if (generation === undefined) return [undefined, undefined];
  return [version === "1.9.18" ? "324539bcad" : "c700006fbf", "/wp-admin/admin-ajax.php"];
}

test.each(turns)("$version $name ends as the table says", async ({ version, name, expectation }) => {
  await using site = await openSite(version, name, expectation);

  const outcome = await askSite(site.server, expectation.step === "nonce" ? { botId: 8 } : {}).then(
    ({ text, finishReason }) => ({ text, finishReason }),
    ({ code, partial }) => ({ code, partial: partial?.text }),
  );

  const { text, finishReason, code, partial } = expectation;
  expect(outcome).toEqual(code === undefined ? { text, finishReason } : { code, partial });
});

async function openSite(version: Version, name: string, expectation: TurnExpectation) {
  const server = await startSite(answersFor(version, name, expectation));
  return { server, [Symbol.asyncDispose]: () => server.close() };
}
