import { createHash } from "node:crypto";
import { ChatError } from "../errors/chat-error.ts";
import { quote } from "../errors/redact.ts";
import type { Capability, ModelCard, ProviderCard, ProviderStatus } from "./contract.ts";
import type { ProviderSettings } from "./settings.ts";

const CAPABILITIES: readonly Capability[] = [
  "streaming",
  "system",
  "history",
  "tools",
  "json",
  "images",
  "files",
  "reasoning",
  "usage",
];
const STATES: readonly ProviderStatus["state"][] = ["active", "unverified", "retired"];
const ID = /^[a-z0-9][a-z0-9-]{0,38}$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}/;

// a registered symbol, because provider and registry may each hold a copy of this package
const INSTANCE = Symbol.for("@fallthrough/core/1.instance");

/** The settings that tell nothing of whom the instance speaks for. */
const WITHOUT_KEYS: readonly string[] = [
  "baseURL",
  "insecureHttp",
  "proxy",
  "dispatcher",
  "timeouts",
  "limits",
  "id",
  "models",
  "status",
] satisfies (keyof ProviderSettings)[];

/** What guard and registry know of an instance beside its card. */
export interface InstanceSettings extends Pick<ProviderSettings, "timeouts" | "limits"> {
  /** The base URL that was set, without user and query; undefined on the provider's own server. */
  readonly origin?: string | undefined;
  /** An opaque mark of the keys and other texts in the settings, never those themselves; undefined without any. */
  readonly key?: string | undefined;
}

/** The card that a package's manifest declares, checked, with the settings of the instance applied. */
export function providerCard(
  manifest: { readonly fallthrough: unknown },
  settings: ProviderSettings = {},
): ProviderCard {
  const declared = parseCard(manifest.fallthrough);
  return {
    ...declared,
    id: settings.id === undefined ? declared.id : parseId(settings.id, "id"),
    models: settings.models === undefined ? declared.models : parseModels(settings.models, "models"),
    status: statusFor(declared.status, settings),
    ...instanceOf(settings),
  };
}

function instanceOf(settings: ProviderSettings): { readonly [INSTANCE]?: InstanceSettings } {
  const { timeouts, limits, baseURL } = settings;
  const key = keyMark(settings);
  if ([timeouts, limits, baseURL, key].every((value) => value === undefined)) return {};
  const origin = baseURL !== undefined && URL.canParse(baseURL) ? serverOf(new URL(baseURL)) : undefined;
  return { [INSTANCE]: { timeouts, limits, origin, key } };
}

function serverOf({ origin, pathname }: URL): string {
  return origin + pathname.replace(/\/+$/, "");
}

/** Tells instances with other keys apart, in every process in the same way, and gives nothing away. */
function keyMark(settings: ProviderSettings): string | undefined {
  const own = Object.entries(settings).filter(([name]) => !WITHOUT_KEYS.includes(name));
  const texts = own.flatMap(([name, value]) => textsOf(name, value)).sort();
  if (texts.length === 0) return undefined;
  const salted = ["fallthrough", settings.id, settings.baseURL, ...texts].join("\n");
  return createHash("sha256").update(salted).digest("base64url").slice(0, 12);
}

function textsOf(name: string, value: unknown): string[] {
  if (typeof value === "string") return [`${name}=${value}`];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([inner, text]) =>
    typeof text === "string" ? [`${name}.${inner}=${text}`] : [],
  );
}

/** The settings of the instance behind this card. */
export function instanceSettings(card: ProviderCard): InstanceSettings {
  return (card as { readonly [INSTANCE]?: InstanceSettings })[INSTANCE] ?? {};
}

/** A status speaks of the default origin, so it says nothing about a server of one's own. */
function statusFor(declared: ProviderStatus, { status, baseURL }: ProviderSettings): ProviderStatus {
  if (status !== undefined) return parseStatus(status, "status");
  if (baseURL === undefined) return declared;
  const note = "a server of one's own, through `baseURL`";
  return { state: "unverified", checked: declared.checked, note };
}

function parseCard(value: unknown): ProviderCard {
  const card = parseObject(value, "fallthrough");
  if (card["specificationVersion"] !== 1) {
    throw invalid("fallthrough.specificationVersion", card["specificationVersion"], "1");
  }
  const homepage = card["homepage"];
  return {
    specificationVersion: 1,
    id: parseId(card["id"], "fallthrough.id"),
    name: parseText(card["name"], "fallthrough.name"),
    ...(homepage === undefined ? {} : { homepage: parseText(homepage, "fallthrough.homepage") }),
    status: parseStatus(card["status"], "fallthrough.status"),
    models: parseModels(card["models"], "fallthrough.models"),
  };
}

function parseStatus(value: unknown, field: string): ProviderStatus {
  const { state, checked, note } = parseObject(value, field);
  const known = STATES.find((one) => one === state);
  // a state of a later minor version says nothing that we know
  if (known === undefined && !(isDeclared(field) && typeof state === "string")) {
    throw invalid(`${field}.state`, state, `one of ${STATES.join(", ")}`);
  }
  if (typeof checked !== "string" || !ISO_DATE.test(checked) || Number.isNaN(Date.parse(checked))) {
    throw invalid(`${field}.checked`, checked, "an ISO date");
  }
  return {
    state: known ?? "unverified",
    checked,
    ...(note === undefined ? {} : { note: parseText(note, `${field}.note`) }),
  };
}

function parseModels(value: unknown, field: string): readonly ModelCard[] {
  return parseList(value, field).map((model, index) => parseModel(model, `${field}[${index}]`));
}

function parseModel(value: unknown, field: string): ModelCard {
  const { id, aliases, contextWindow, selectable, capabilities } = parseObject(value, field);
  if (contextWindow !== undefined && (typeof contextWindow !== "number" || contextWindow <= 0)) {
    throw invalid(`${field}.contextWindow`, contextWindow, "a number of tokens");
  }
  if (selectable !== undefined && typeof selectable !== "boolean") {
    throw invalid(`${field}.selectable`, selectable, "true or false");
  }
  return {
    id: parseText(id, `${field}.id`),
    ...(aliases === undefined
      ? {}
      : {
          aliases: parseList(aliases, `${field}.aliases`).map((alias) =>
            parseText(alias, `${field}.aliases`),
          ),
        }),
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(selectable === undefined ? {} : { selectable }),
    ...(capabilities === undefined
      ? {}
      : { capabilities: parseCapabilities(capabilities, `${field}.capabilities`) }),
  };
}

function parseCapabilities(value: unknown, field: string): Partial<Record<Capability, boolean>> {
  const declared = parseObject(value, field);
  const known = Object.entries(declared).filter(([name]) => CAPABILITIES.includes(name as Capability));
  // a manifest may be of a later minor version, and a setting that nobody knows is a mistake
  const other = Object.keys(declared).find((name) => !CAPABILITIES.includes(name as Capability));
  if (other !== undefined && !isDeclared(field))
    throw invalid(field, other, `keys among ${CAPABILITIES.join(", ")}`);
  for (const [name, able] of known) {
    if (typeof able !== "boolean") throw invalid(`${field}.${name}`, able, "true or false");
  }
  return Object.fromEntries(known) as Partial<Record<Capability, boolean>>;
}

function parseObject(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(field, value, "an object");
  }
  return value as Record<string, unknown>;
}

function parseList(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(field, value, "a list");
  return value;
}

function parseText(value: unknown, field: string): string {
  if (typeof value !== "string" || value.trim() === "") throw invalid(field, value, "a text");
  return value;
}

function parseId(value: unknown, field: string): string {
  if (typeof value === "string" && ID.test(value)) return value;
  throw invalid(field, value, "at most 39 lower-case letters, digits and hyphens");
}

function invalid(field: string, value: unknown, expected: string): ChatError {
  const kind = isDeclared(field) ? "manifest field" : "setting";
  return new ChatError("config", `${kind} \`${field}\` is ${show(value)}, expected ${expected}`);
}

function isDeclared(field: string): boolean {
  return field.startsWith("fallthrough");
}

function show(value: unknown): string {
  return value === undefined
    ? "missing"
    : quote(typeof value === "string" ? value : String(JSON.stringify(value)));
}
