import ts from "typescript";
import { declaredNames, isExported, parseSource, sourcePaths } from "./sources.mjs";
import { publicFolders, readJson } from "./workspace.mjs";

/** How many names of each package still have no docstring. A number only ever becomes smaller. */
const BUDGET = "scripts/docstrings-budget.json";

/** @type {Record<string, number>} */
const budget = readJson(BUDGET);
for (const folder of publicFolders().filter((name) => name.startsWith("packages/"))) {
  const names = sourcePaths(folder).flatMap((path) =>
    undocumentedNames(path).map((name) => `${path}: ${name}`),
  );
  const allowed = budget[folder] ?? 0;
  if (names.length <= allowed) continue;
  console.error(`${names.length} names have no docstring, at most ${allowed} may:\n${names.join("\n")}`);
  process.exitCode = 1;
}

/** What a file exports without a docstring, with the public members of its types. @param {string} path */
function undocumentedNames(path) {
  return parseSource(path)
    .statements.filter(isExported)
    .flatMap((statement) =>
      declaredNames(statement).flatMap(({ name, node }) => [
        ...(isDocumented(ts.isVariableDeclaration(node) ? statement : node) ? [] : [name]),
        ...undocumentedMembers(node, name),
      ]),
    );
}

/**
 * Members of an interface, a class or a type written as an object, at any depth. The member that tells the
 * shapes of a union apart says what it is by its value.
 *
 * @param {ts.Node} node
 * @param {string} owner
 * @returns {string[]}
 */
function undocumentedMembers(node, owner) {
  if (ts.isFunctionDeclaration(node) || ts.isVariableDeclaration(node)) return [];
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeLiteralNode(node)) {
    return node.members.filter(isPublicMember).flatMap((member) => {
      const name = `${owner}.${member.name?.getText() ?? "()"}`;
      const type = ts.isPropertySignature(member) ? member.type : undefined;
      const isTag = type && ts.isLiteralTypeNode(type);
      return [
        ...(isTag || isDocumented(member) ? [] : [name]),
        ...(type ? undocumentedMembers(type, name) : []),
      ];
    });
  }
  if (!ts.isTypeNode(node) && !ts.isTypeAliasDeclaration(node)) return [];
  /** @type {string[]} */
  const found = [];
  ts.forEachChild(node, (child) => {
    if (ts.isTypeNode(child) && !ts.isFunctionTypeNode(child))
      found.push(...undocumentedMembers(child, owner));
  });
  return found;
}

/** @param {ts.TypeElement | ts.ClassElement} member */
function isPublicMember(member) {
  if (ts.isConstructorDeclaration(member) || ts.isClassStaticBlockDeclaration(member)) return false;
  if (member.name && ts.isPrivateIdentifier(member.name)) return false;
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
  return !modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
}

/** @param {ts.Node} node */
function isDocumented(node) {
  return ts.getJSDocCommentsAndTags(node).some((comment) => ts.isJSDoc(comment) && comment.comment);
}
