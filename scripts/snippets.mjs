import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { drawChain } from "./chain-picture.mjs";
import { formatCommandTable } from "./command-table.mjs";
import { formatEnvironmentTable } from "./environment-table.mjs";
import { formatErrorTable, formatFixes } from "./error-table.mjs";
import { formatFleetTable, formatHealthTable } from "./health-table.mjs";
import {
  formatConfigurationTable,
  formatGatewayTable,
  formatLimitTable,
  formatRegistryTable,
  formatSettingsTable,
  formatTimeoutTable,
} from "./option-tables.mjs";
import { formatPerformanceTable } from "./performance-table.mjs";
import { formatProviderTable } from "./provider-table.mjs";
import { formatServiceTable } from "./service-table.mjs";
import { prepare } from "./setup.mjs";
import { packageFolders, ROOT } from "./workspace.mjs";

const MARKED_BLOCK = /<!-- snippet: (\S+) -->\n\n?```(\w+)\n([\s\S]*?)```/g;
const CODE_BLOCK = /^```(?:ts|js|mjs|typescript|javascript)\n/m;
const LINK = /\]\((?!https?:|#)([^)#\s]+)/g;
const TABLE = /<!-- table: (\S+) -->\n([\s\S]*?)<!-- \/table -->/g;

/**
 * Tables that are written from data, by the name their marker gives.
 *
 * @type {Readonly<Record<string, (current: string) => string | Promise<string>>>}
 */
const TABLES = {
  "command-line": formatCommandTable,
  configuration: formatConfigurationTable,
  environment: formatEnvironmentTable,
  errors: formatErrorTable,
  fixes: formatFixes,
  fleet: formatFleetTable,
  "gateway-options": formatGatewayTable,
  health: formatHealthTable,
  limits: formatLimitTable,
  performance: formatPerformanceTable,
  providers: formatProviderTable,
  "registry-options": formatRegistryTable,
  services: formatServiceTable,
  settings: formatSettingsTable,
  timeouts: formatTimeoutTable,
};

/** Pictures that are drawn, by their files. */
const PICTURES = { "docs/chain.svg": drawChain };

prepare({ build: ["fallthrough", "@fallthrough/bench", "@fallthrough/weather"] });
const check = process.argv.includes("--check");

for (const file of markdownFiles()) {
  const text = readFileSync(join(ROOT, file), "utf8");
  let current = text.replace(MARKED_BLOCK, (_, source, language) => formatSnippet(source, language));
  for (const [table, name = "", rows = ""] of current.matchAll(TABLE)) {
    const written = `<!-- table: ${name} -->\n${await formatTable(name, rows)}\n<!-- /table -->`;
    current = current.replace(table, () => written);
  }

  if (CODE_BLOCK.test(text.replace(MARKED_BLOCK, ""))) {
    report(file, "has a code block that no file owns: mark it with `<!-- snippet: path#region -->`");
  }
  for (const [, target = ""] of text.matchAll(LINK)) {
    if (existsSync(join(ROOT, dirname(file), target))) continue;
    report(file, `links to \`${target}\`, which does not exist`);
  }
  if (current === text) continue;
  if (check) report(file, "differs from the files it quotes: run `npm run snippets`");
  else writeFileSync(join(ROOT, file), current);
}

for (const [file, draw] of Object.entries(PICTURES)) {
  const picture = draw();
  if (existsSync(join(ROOT, file)) && readFileSync(join(ROOT, file), "utf8") === picture) continue;
  if (check) report(file, "is not what its script draws: run `npm run snippets`");
  else writeFileSync(join(ROOT, file), picture);
}

/** @param {string} file @param {string} problem */
function report(file, problem) {
  console.error(`${file} ${problem}`);
  process.exitCode = 1;
}

function markdownFiles() {
  return ["", "docs", "docs/decisions", ...packageFolders()].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md") && name !== "CHANGELOG.md")
      .map((name) => join(folder, name)),
  );
}

/** @param {string} source @param {string} language */
function formatSnippet(source, language) {
  const [file = "", region] = source.split("#");
  const text = readFileSync(join(ROOT, file), "utf8");
  const code = region ? regionOf(text, region, source) : text;
  return `<!-- snippet: ${source} -->\n\`\`\`${language}\n${code.trim()}\n\`\`\``;
}

/** @param {string} text @param {string} region @param {string} source */
function regionOf(text, region, source) {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const end = lines.findIndex((line, index) => index > start && line.trim() === "// #endregion");
  if (start === -1 || end === -1) throw new Error(`no region \`${source}\``);

  const body = lines.slice(start + 1, end);
  const indent = Math.min(...body.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return body.map((line) => line.slice(indent)).join("\n");
}

/** @param {string} name @param {string} current */
function formatTable(name, current) {
  const format = TABLES[name];
  if (!format) throw new Error(`unknown table \`${name}\`; known: ${Object.keys(TABLES).join(", ")}`);
  return format(current);
}
