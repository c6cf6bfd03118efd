import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path/posix";
import ts from "typescript";
import { ROOT, readJson } from "./workspace.mjs";

/** @type {Map<string, ts.SourceFile>} */
const parsed = new Map();

/** Paths of the TypeScript files under a folder's `src`, relative to the workspace. @param {string} folder */
export function sourcePaths(folder) {
  return readdirSync(join(ROOT, folder, "src"), { recursive: true })
    .map((name) => `${folder}/src/${String(name).replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .sort();
}

/** The syntax tree of a source file. @param {string} path relative to the workspace */
export function parseSource(path) {
  const known = parsed.get(path);
  if (known) return known;
  const text = readFileSync(join(ROOT, path), "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  parsed.set(path, file);
  return file;
}

/** The source file of each door that a package's manifest opens. @param {string} folder */
export function doorsOf(folder) {
  const { exports = {} } = readJson(`${folder}/package.json`);
  return Object.entries(exports).flatMap(([door, { default: built }]) => {
    const name = /^\.\/dist\/(.+)\.js$/.exec(built ?? "")?.[1];
    return name === undefined ? [] : [{ door, path: `${folder}/src/${name}.ts` }];
  });
}

/** Modules that a file imports or exports again, type imports included. @param {string} path */
export function importsOf(path) {
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
            ? node.arguments[0]
            : undefined;
    if (specifier && ts.isStringLiteral(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(parseSource(path));
  return found;
}

/** The path that a relative module name means, `undefined` for another package. @param {string} from @param {string} specifier */
export function resolveImport(from, specifier) {
  return specifier.startsWith(".") ? join(from, "..", specifier) : undefined;
}

/** Whether a statement has the `export` modifier. @param {ts.Node} node */
export function isExported(node) {
  return (
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
  );
}

/** The names that a statement declares, with their nodes. @param {ts.Statement} statement */
export function declaredNames(statement) {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((node) => ({ name: node.name.getText(), node }));
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    return statement.name ? [{ name: statement.name.getText(), node: statement }] : [];
  }
  return [];
}
