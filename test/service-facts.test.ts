import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { STATEMENTS } from "./service-facts.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A test as its file has it, and the texts of the table that it is run over. */
interface WrittenTest {
  readonly title: string;
  readonly texts: ReadonlySet<string>;
}

/** The tests of a file that are run: neither skipped nor only planned. */
function readTests(file: string): readonly WrittenTest[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest);
  const tables = new Map<string, ts.Node>();
  const tests: WrittenTest[] = [];
  visit(source, (node) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) tables.set(node.name.text, node);
    if (!ts.isCallExpression(node)) return;
    const title = node.arguments[0];
    const made = /^(?:test|describe)(?:\.each\b|$)/.test(node.expression.getText(source));
    if (made && title !== undefined && ts.isStringLiteralLike(title)) {
      tests.push({ title: title.text, texts: textsOf(node.expression) });
    }
  });
  return tests;

  function textsOf(table: ts.Node): ReadonlySet<string> {
    const texts = new Set<string>();
    const add = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) texts.add(node.text);
      const declared = ts.isIdentifier(node) ? tables.get(node.text) : undefined;
      if (declared !== undefined)
        visit(declared, (inner) => ts.isStringLiteralLike(inner) && texts.add(inner.text));
    };
    visit(table, add);
    return texts;
  }
}

function visit(node: ts.Node, look: (node: ts.Node) => unknown): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

const FILES = [...new Set(STATEMENTS.map(({ file }) => file))];
const TESTS = new Map(FILES.map((file) => [file, readTests(file)]));

test.each(STATEMENTS)("§$section: $fact", ({ section, file, test: title, rows = [] }) => {
  const found = TESTS.get(file)?.find((written) => written.title === title);

  expect(found, `${file} has no test "${title}"`).toBeDefined();
  expect(title).toMatch(new RegExp(`^services\\.md(?:,| .*§${section}\\b)`));
  expect(rows.filter((row) => !found?.texts.has(row))).toEqual([]);
});

test("every test that names a fact on services stands in the list", () => {
  const files = readdirSync(join(ROOT, "packages"))
    .map((name) => `packages/${name}/test`)
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".test.ts"))
        .map((file) => `${folder}/${file.replaceAll("\\", "/")}`),
    );
  const named = files
    .filter((file) => readFileSync(join(ROOT, file), "utf8").includes('"services.md'))
    .flatMap((file) => readTests(file).map(({ title }) => `${file}: ${title}`))
    .filter((written) => written.includes(": services.md"));
  const listed = STATEMENTS.map(({ file, test: title }) => `${file}: ${title}`);

  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((one) => !listed.includes(one))).toEqual([]);
});

test("no statement is said twice", () => {
  const said = STATEMENTS.map(({ section, fact }) => `${section} ${fact}`);

  expect(said.filter((one, index) => said.indexOf(one) !== index)).toEqual([]);
});
