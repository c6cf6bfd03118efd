import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AGENTS, type Agent, type FileChange } from "../../src/agents/agents.ts";
import { CONFIG_TEXTS } from "../../src/agents/config-text.ts";

const PAGE = fileURLToPath(new URL("../../../../docs/clients.md", import.meta.url));
const LIST = /(<!-- programs -->\n)[\s\S]*?(\n<!-- \/programs -->)/;
const GATEWAY = { baseURL: "http://127.0.0.1:8787/v1", model: "auto" };

test("the page has the settings of each program as the command writes them", async () => {
  const page = readFileSync(PAGE, "utf8");

  expect(page).toMatch(LIST);
  const list = Object.entries(AGENTS).map(([name, agent]) => formatProgram(name, agent));
  const written = page.replace(LIST, (_, start, end) => `${start}\n${list.join("\n\n")}\n${end}`);
  await expect(written).toMatchFileSnapshot(PAGE);
});

function formatProgram(name: string, { title, files, lines, launch }: Agent): string {
  const run = launch === undefined ? [] : [`\`fallthrough run ${name}\` starts it without changing a file.`];
  const setup = files === undefined ? [] : [`\`fallthrough setup ${name} --write\` writes this:`];
  const pasted = lines === undefined ? [] : [fence("text", lines(GATEWAY).join("\n"))];
  const written = files?.(GATEWAY).map(formatFile) ?? [];
  const said = [run, setup].flat().join(" ");
  return [`### ${title}`, ...(said === "" ? [] : [said]), ...written, ...pasted].join("\n\n");
}

function formatFile({ file, format, changes }: FileChange): string {
  const { get, set, empty } = CONFIG_TEXTS[format];
  const text = changes.reduce(
    (before, { path, value }) => set(before, path, value(get(before, path))),
    empty,
  );
  return `\`~/${file}\`\n\n${fence(format, text.trim())}`;
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
