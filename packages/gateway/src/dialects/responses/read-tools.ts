import type { ChatRequest, JsonObject, ToolDefinition } from "@fallthrough/core";
import {
  type Fields,
  parseBoolean,
  parseList,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";
import { CUSTOM_PARAMETERS } from "./items.ts";

/** The tools of a request. */
export interface ReadTools {
  /** What the chain is asked with. */
  readonly tools: readonly ToolDefinition[];
  /** The names of those whose input is free text. */
  readonly custom: ReadonlySet<string>;
  /** As the response shows them. */
  readonly echo: readonly object[];
}

/** What a client said about the choice of tools. */
export interface ReadToolChoice {
  /** What the chain is asked with. */
  readonly choice: ChatRequest["toolChoice"];
  /** The only tools that may be called; every one where absent. */
  readonly allowed?: ReadonlySet<string> | undefined;
  /** As the response shows it. */
  readonly echo: unknown;
}

const NO_PARAMETERS: JsonObject = { type: "object", properties: {} };
const MODES = ["none", "auto", "required"] as const;

/** The tools that any provider can have; `warn` gets a note on each other, and a malformed one throws a refusal. */
export function readTools(value: unknown, param: string, warn: (message: string) => void): ReadTools {
  const tools: ToolDefinition[] = [];
  const custom = new Set<string>();
  const echo: object[] = [];
  for (const [index, one] of parseList(value, param).entries()) {
    const place = `${param}[${index}]`;
    const fields = parseObject(one, place);
    if (fields["type"] === "function") {
      const tool = readFunction(fields, place);
      tools.push(tool);
      const { name, description = null, strict = null } = tool;
      echo.push({ type: "function", name, description, parameters: fields["parameters"] ?? null, strict });
    } else if (fields["type"] === "custom") {
      const tool = readCustom(fields, place);
      tools.push(tool);
      custom.add(tool.name);
      echo.push(fields);
    } else {
      const type = parseText(fields["type"], `${place}.type`).slice(0, 80);
      warn(`tools of the type ${type} are left out, because no provider has them`);
    }
  }
  return { tools, custom, echo };
}

function readFunction(fields: Fields, param: string): ToolDefinition {
  const { type: _, name, description, parameters, strict, ...rest } = fields;
  const schema = parseOptional(parameters, `${param}.parameters`, parseObject);
  return {
    name: parseText(name, `${param}.name`),
    description: parseOptional(description, `${param}.description`, parseText),
    parameters: (schema as JsonObject | undefined) ?? NO_PARAMETERS,
    strict: parseOptional(strict, `${param}.strict`, parseBoolean),
    ...restOf(rest),
  };
}

/** A tool with free text as a function of one text; its description gives the model the grammar of its input. */
function readCustom({ name, description, format }: Fields, param: string): ToolDefinition {
  const given = parseOptional(description, `${param}.description`, parseText);
  const { type, syntax, definition } = parseOptional(format, `${param}.format`, parseObject) ?? {};
  const grammar =
    type === "grammar"
      ? `The input must follow this ${parseText(syntax, `${param}.format.syntax`)} grammar:\n${parseText(definition, `${param}.format.definition`)}`
      : undefined;
  const told = [given, grammar].filter((text) => text !== undefined).join("\n\n");
  return {
    name: parseText(name, `${param}.name`),
    description: told === "" ? undefined : told,
    parameters: CUSTOM_PARAMETERS,
  };
}

/** The choice among tools; throws a refusal for a tool that must be called and that no provider has */
export function readToolChoice(value: unknown, param: string, { tools }: ReadTools): ReadToolChoice {
  const echo = value;
  const mode = MODES.find((known) => known === value);
  if (mode === "required" && tools.length === 0) throw wrong(param, "a function among `tools`");
  if (mode !== undefined) return { choice: mode, echo };
  const choice = parseObject(value, param);
  if (choice["type"] === "allowed_tools") {
    const place = `${param}.tools`;
    const named = parseList(choice["tools"], place).map((one, index) =>
      nameOf(parseObject(one, `${place}[${index}]`), `${place}[${index}]`),
    );
    const allowed = new Set(named.filter((name) => name !== undefined));
    const wanted = choice["mode"] ?? "auto";
    const asked = MODES.find((known) => known === wanted);
    if (asked === undefined) throw wrong(`${param}.mode`, "none, auto or required");
    if (asked === "required" && !tools.some(({ name }) => allowed.has(name))) {
      throw wrong(place, "a function among `tools`");
    }
    return { choice: asked, allowed, echo: { ...choice, mode: asked } };
  }
  const name = nameOf(choice, param);
  if (name === undefined || !tools.some((tool) => tool.name === name)) {
    throw wrong(param, "none, auto, required, allowed_tools or a function among `tools`");
  }
  return { choice: { name }, echo };
}

/** The name of a tool that any provider can have. */
function nameOf({ type, name }: Fields, param: string): string | undefined {
  return type === "function" || type === "custom" ? parseText(name, `${param}.name`) : undefined;
}
