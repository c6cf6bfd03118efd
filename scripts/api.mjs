import ts from "typescript";
import { declaredNames, doorsOf, isExported, parseSource, resolveImport } from "./sources.mjs";

/** @typedef {{ name: string, path: string }} Binding a name and the file that declares it */

/** @type {Map<string, ts.SourceFile>} */
const declarationFiles = new Map();

/**
 * Declarations of what each door of a package exports, in the order of the names and without comments, then
 * those of the types that they speak of and no door exports.
 *
 * @param {string} folder
 */
export function publicApi(folder) {
  /** @type {Set<string>} */
  const written = new Set();
  /** @type {Map<string, { text: string, mentions: readonly Binding[] }>} */
  const reached = new Map();
  const doors = doorsOf(folder).map(({ door, path }) => {
    const { bindings, foreign } = exportsOf(path);
    const texts = bindings
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .map(({ name, binding }) => {
        const declaration = declarationOf(binding);
        written.add(keyOf(binding));
        for (const mention of declaration.mentions) reach(mention, reached);
        const renamed = name === binding.name ? "" : `// as ${name}\n`;
        return renamed + declaration.text;
      });
    return [`// ${door}`, ...foreign.sort(), ...texts].join("\n\n");
  });
  const hidden = [...reached]
    .filter(([key]) => !written.has(key))
    .map(([, { text }]) => text)
    .sort();
  return `${[...doors, ...(hidden.length > 0 ? ["// mentioned, and exported by no door", ...hidden] : [])].join("\n\n")}\n`;
}

/** The names that a door exports of its own package. @param {string} path */
export function exportedNames(path) {
  return exportsOf(path).bindings.map(({ name }) => name);
}

/** @param {Binding} binding @param {Map<string, { text: string, mentions: readonly Binding[] }>} reached */
function reach(binding, reached) {
  const key = keyOf(binding);
  if (reached.has(key)) return;
  const declaration = declarationOf(binding);
  reached.set(key, declaration);
  for (const mention of declaration.mentions) reach(mention, reached);
}

/**
 * What a module exports: its own names and those that it takes from files beside it, followed to where they are
 * declared, and the statements that pass on what another package exports.
 *
 * @param {string} path
 * @returns {{ bindings: { name: string, binding: Binding }[], foreign: string[] }}
 */
function exportsOf(path) {
  /** @type {{ name: string, binding: Binding }[]} */
  const bindings = [];
  /** @type {string[]} */
  const foreign = [];
  for (const statement of declarationFile(path).statements) {
    if (!ts.isExportDeclaration(statement)) {
      if (isExported(statement)) {
        for (const { name } of declaredNames(statement)) {
          bindings.push({ name, binding: { name, path } });
        }
      }
      continue;
    }
    const specifier = statement.moduleSpecifier;
    const target = specifier && ts.isStringLiteral(specifier) ? resolveImport(path, specifier.text) : path;
    if (target === undefined) foreign.push(statement.getText());
    else if (!statement.exportClause) {
      const all = exportsOf(target);
      bindings.push(...all.bindings);
      foreign.push(...all.foreign);
    } else if (ts.isNamedExports(statement.exportClause)) {
      for (const element of statement.exportClause.elements) {
        const binding = resolveName(target, (element.propertyName ?? element.name).text);
        if (binding) bindings.push({ name: element.name.text, binding });
      }
    }
  }
  return { bindings, foreign };
}

/** Where a name that a file uses or exports is declared, `undefined` outside the package. @param {string} path @param {string} name @returns {Binding | undefined} */
function resolveName(path, name) {
  const { statements } = declarationFile(path);
  if (statements.some((statement) => declaredNames(statement).some((found) => found.name === name))) {
    return { name, path };
  }
  for (const statement of statements) {
    const elements =
      ts.isImportDeclaration(statement) && statement.importClause?.namedBindings
        ? ts.isNamedImports(statement.importClause.namedBindings)
          ? statement.importClause.namedBindings.elements
          : []
        : ts.isExportDeclaration(statement) &&
            statement.exportClause &&
            ts.isNamedExports(statement.exportClause)
          ? statement.exportClause.elements
          : [];
    const element = elements.find((found) => found.name.text === name);
    if (!element || !(ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))) continue;
    const specifier = statement.moduleSpecifier;
    if (!specifier || !ts.isStringLiteral(specifier)) continue;
    const target = resolveImport(path, specifier.text);
    return target === undefined
      ? undefined
      : resolveName(target, (element.propertyName ?? element.name).text);
  }
  return undefined;
}

/** The declaration of a name, and what it mentions of its own package. @param {Binding} binding */
function declarationOf({ name, path }) {
  const file = declarationFile(path);
  const statements = file.statements.filter((statement) =>
    declaredNames(statement).some((found) => found.name === name),
  );
  /** @type {Set<string>} */
  const names = new Set();
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  statements.forEach(visit);
  names.delete(name);
  return {
    text: statements
      .map((statement) => statement.getText().replace(/^export (declare )?|^declare /, ""))
      .join("\n"),
    mentions: [...names].flatMap((mention) => resolveName(path, mention) ?? []),
  };
}

/** @param {string} path */
function declarationFile(path) {
  const known = declarationFiles.get(path);
  if (known) return known;
  const { outputText } = ts.transpileDeclaration(parseSource(path).text, {
    fileName: path,
    compilerOptions: { target: ts.ScriptTarget.ES2022, removeComments: true, isolatedDeclarations: true },
  });
  const file = ts.createSourceFile(`${path}.d.ts`, outputText, ts.ScriptTarget.ES2022, true);
  declarationFiles.set(path, file);
  return file;
}

/** @param {Binding} binding */
function keyOf({ path, name }) {
  return `${path}#${name}`;
}
