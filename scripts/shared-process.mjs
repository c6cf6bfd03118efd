import { existsSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { parseSource, resolveImport } from "./sources.mjs";
import { ROOT } from "./workspace.mjs";

/** What a file of tests may do only where it has a process for itself, by the names that its code uses. */
const NEEDS = [
  {
    reason: "counts what its process holds",
    names:
      /^(?:queryObjects|setFlagsFromString|getHeapStatistics|FinalizationRegistry|WeakRef)$|(?:^|\.)(?:gc|memoryUsage|getActiveResourcesInfo|listenerCount)$/,
  },
  {
    reason: "listens to all of its process",
    names:
      /^(?:process\.(?:on|once|off|addListener|prependListener)|subscribe|createHook|PerformanceObserver)$/,
  },
  {
    reason: "replaces a module, a global, a clock or the environment",
    names:
      /^(?:vi\.(?:mock|doMock|resetModules|useFakeTimers|setSystemTime|stubGlobal|stubEnv)|changes .*|setGlobalDispatcher|process\.chdir|inVirtualTime)$/,
  },
  {
    reason: "runs the conformance suite, which watches its process",
    names: /^(?:testProvider|testPeer|providerCases|peerCases|runCases|loadCases)$/,
  },
];

/** The files that have a process for themselves, as `vitest.config.ts` has them. */
const HAS_ITS_OWN = /\.(?:alone|slow)\.test\.ts$|(?:^|\/)conformance\.test\.ts$/;

/** What a test imports to play with, two packages that are there for tests included. The sources of others do none of this to the process of a caller. */
const HELPER = /(?:^|\/)test\/.*\.ts$|^packages\/(?:fuzz|weather)\/src\//;

/** Objects that all files of a process share. */
const SHARED = /^(?:process|console|performance|globalThis|JSON|Math|Date|[A-Z][A-Za-z]+\.prototype)\b/;

/** @type {Map<string, readonly string[]>} */
const known = new Map();

/**
 * The files of tests that share their process with others and must not, each with the reason.
 *
 * @param {readonly string[]} paths of all tests, relative to the workspace
 */
export function unfitForSharing(paths) {
  return paths
    .filter((path) => path.endsWith(".test.ts") && !HAS_ITS_OWN.test(path))
    .flatMap((path) =>
      needsOf(path, [])
        .slice(0, 1)
        .map((need) => `${path}: ${need}`),
    );
}

/** What a file does, itself or by a helper. @param {string} path @param {readonly string[]} way @returns {readonly string[]} */
function needsOf(path, way) {
  const found = known.get(path);
  if (found) return found;
  const { names, imports } = readCode(path);
  const own = [...names].flatMap((name) =>
    NEEDS.filter((need) => need.names.test(name)).map(({ reason }) => `${reason} (${name})`),
  );
  const inherited = imports
    .map((specifier) => resolveImport(path, specifier) ?? "")
    .filter((helper) => HELPER.test(helper) && !way.includes(helper) && existsSync(join(ROOT, helper)))
    .flatMap((helper) => needsOf(helper, [...way, path]).map((need) => `${need} by ${helper}`));
  const needs = [...own, ...inherited];
  known.set(path, needs);
  return needs;
}

/** The names that the code of a file uses, without those in its texts: these may be the code of a child. @param {string} path */
function readCode(path) {
  /** @type {Set<string>} */
  const names = new Set();
  /** @type {string[]} */
  const imports = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly) return;
    if (ts.isExportDeclaration(node) && node.isTypeOnly) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) addImport(node.moduleSpecifier);
    if (ts.isCallExpression(node)) {
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) addImport(node.arguments[0]);
      if (node.expression.getText() === "vi.spyOn") addChange(node.arguments[0]);
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken)
      addMember(node.left);
    if (ts.isDeleteExpression(node)) addMember(node.expression);
    if (ts.isIdentifier(node)) names.add(node.text);
    if (ts.isPropertyAccessExpression(node)) names.add(node.getText());
    ts.forEachChild(node, visit);
  };
  /** @param {ts.Expression | undefined} specifier */
  const addImport = (specifier) => {
    if (specifier && ts.isStringLiteralLike(specifier)) imports.push(specifier.text);
  };
  /** @param {ts.Expression} target */
  const addMember = (target) => {
    if (ts.isPropertyAccessExpression(target) || ts.isElementAccessExpression(target)) addChange(target);
  };
  /** @param {ts.Expression | undefined} target */
  const addChange = (target) => {
    const text = target?.getText() ?? "";
    if (SHARED.test(text)) names.add(`changes ${text}`);
  };
  visit(parseSource(path));
  return { names, imports };
}
