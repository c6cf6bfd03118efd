import ts from "typescript";
import { parseSource } from "./sources.mjs";

/** @typedef {{ name: string, meaning: string, fallback: string }} Field */

/**
 * Markdown table of the fields of interfaces: what each docstring says, and the `@default` in it.
 *
 * @param {readonly (readonly [path: string, name: string])[]} interfaces
 * @param {Readonly<Record<string, unknown>>} [defaults] go before what the docstrings say
 */
export function formatFieldTable(interfaces, defaults = {}) {
  const rows = interfaces
    .flatMap(([path, name]) => fieldsOf(path, name))
    .map(({ name, meaning, fallback }) => {
      const known = name in defaults ? `\`${defaults[name]}\`` : fallback;
      return `| \`${name}\` | ${meaning} | ${known || "-"} |`;
    });
  return ["| Name | Means | Default |", "|---|---|---|", ...rows].join("\n");
}

/** @param {string} path @param {string} name @returns {Field[]} */
function fieldsOf(path, name) {
  const found = parseSource(path).statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (!found || !ts.isInterfaceDeclaration(found)) throw new Error(`${path} has no interface ${name}`);
  return found.members.map((member) => {
    const [comment] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
    const tag = comment?.tags?.find(({ tagName }) => tagName.text === "default");
    return {
      name: member.name?.getText() ?? "",
      meaning: lineOf(comment?.comment),
      fallback: lineOf(tag?.comment),
    };
  });
}

/** @param {string | ts.NodeArray<ts.JSDocComment> | undefined} comment */
function lineOf(comment) {
  return (ts.getTextOfJSDocComment(comment) ?? "").replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
