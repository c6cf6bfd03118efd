import { createHash } from "node:crypto";
import { isNearby } from "../http/client/endpoint.ts";
import { listKeys } from "./api-keys.ts";
import type { Capability, ModelCard, ProviderCard, ProviderStatus } from "./contract.ts";
import {
  type FieldParser,
  listOf,
  objectOf,
  oneOf,
  parseBoolean,
  parseFilledText,
  parseInput,
  parseName,
  parseText,
  wrongValue,
} from "./parse-fields.ts";
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

/** The settings that do not say whose account the instance uses. */
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
  /** Whether that server is on this machine or in a private network; absent where it is not. */
  readonly nearby?: true | undefined;
  /** An opaque mark of the keys and other texts in the settings, never those themselves; undefined without any. */
  readonly key?: string | undefined;
  /** Such a mark for each key, in the order of the settings, where they hold several; `key` is absent then. */
  readonly keys?: readonly string[] | undefined;
}

/** The card that a package's manifest declares; @throws `config` that names the field */
export function parseManifest(manifest: unknown): ProviderCard {
  return parseInput(manifest, readManifest, {
    code: "config",
    whole: "the manifest",
    field: "manifest field",
  }).fallthrough;
}

/** The card of an instance with these settings, which are checked already. */
export function createCard(declared: ProviderCard, settings: ProviderSettings): ProviderCard {
  const { id = declared.id, models = declared.models } = settings;
  return { ...declared, id, models, status: statusFor(declared.status, settings), ...instanceOf(settings) };
}

function instanceOf(settings: ProviderSettings): { readonly [INSTANCE]?: InstanceSettings } {
  const { timeouts, limits, baseURL } = settings;
  const marks = keyMarks(settings);
  if ([timeouts, limits, baseURL, marks[0]].every((value) => value === undefined)) return {};
  const url = baseURL !== undefined && URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  const origin = url && serverOf(url);
  const nearby = (url !== undefined && isNearby(url.hostname)) || undefined;
  const whose = marks.length > 1 ? { keys: marks } : { key: marks[0] };
  return { [INSTANCE]: { timeouts, limits, origin, nearby, ...whose } };
}

function serverOf({ origin, pathname }: URL): string {
  return origin + pathname.replace(/\/+$/, "");
}

/** One mark for each key of the settings, and one for settings without a list of them, where those hold texts. */
function keyMarks(settings: ProviderSettings & { readonly apiKey?: unknown }): readonly string[] {
  const keys = listKeys(settings.apiKey);
  const each = keys.length > 1 ? keys.map((apiKey) => ({ ...settings, apiKey })) : [settings];
  return each.flatMap((one) => keyMark(one) ?? []);
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
  if (status !== undefined) return status;
  if (baseURL === undefined) return declared;
  const note = "a server of one's own, through `baseURL`";
  return { state: "unverified", checked: declared.checked, note };
}

/** Whether a provider may have this id. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

/** The id of a provider. */
export function parseId(value: unknown): string {
  if (isId(value)) return value;
  throw wrongValue(value, "at most 39 lower-case letters, digits and hyphens");
}

const STATUS = { note: parseFilledText, checked: parseDate };
const REQUIRED = { required: ["state", "checked"] } as const;

/** A dated claim about a provider. */
export const parseStatus: FieldParser<ProviderStatus> = objectOf<ProviderStatus>(
  { state: oneOf(STATES), ...STATUS },
  REQUIRED,
);

/** What a manifest claims: a state of a later minor version says nothing that is known here. */
const parseDeclaredStatus: FieldParser<ProviderStatus> = objectOf<ProviderStatus>(
  { state: parseDeclaredState, ...STATUS },
  { ...REQUIRED, open: true },
);

function parseDeclaredState(value: unknown): ProviderStatus["state"] {
  const state = parseText(value);
  return STATES.find((one) => one === state) ?? "unverified";
}

function parseDate(value: unknown): string {
  if (typeof value === "string" && ISO_DATE.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw wrongValue(value, "an ISO date");
}

function parseContextWindow(value: unknown): number {
  if (typeof value !== "number" || !(value > 0)) throw wrongValue(value, "a number of tokens");
  return value;
}

/** The models of a card; in a manifest, what a later minor version names is left out. */
function modelsParser(open: boolean): FieldParser<ModelCard[]> {
  const capabilities = objectOf<Partial<Record<Capability, boolean>>>(ABILITIES, { open });
  const aliases = listOf(parseModelName);
  return listOf(
    objectOf<ModelCard>(
      {
        id: parseModelName,
        aliases,
        contextWindow: parseContextWindow,
        selectable: parseBoolean,
        capabilities,
      },
      { required: ["id"], open },
    ),
  );
}

const ABILITIES = Object.fromEntries(CAPABILITIES.map((name) => [name, parseBoolean])) as Record<
  Capability,
  FieldParser<boolean>
>;

/** The models of an instance. */
export const parseModels: FieldParser<ModelCard[]> = modelsParser(false);

/** The models that a provider declares or lists, which may be of a later minor version. */
export const parseDeclaredModels: FieldParser<ModelCard[]> = modelsParser(true);

function parseModelName(value: unknown): string {
  parseFilledText(value);
  return parseName(value);
}

const readManifest = objectOf<{ readonly fallthrough: ProviderCard }>(
  {
    fallthrough: objectOf<ProviderCard>(
      {
        specificationVersion: parseVersion,
        id: parseId,
        name: parseFilledText,
        homepage: parseFilledText,
        status: parseDeclaredStatus,
        models: parseDeclaredModels,
      },
      { required: ["specificationVersion", "id", "name", "status", "models"], open: true },
    ),
  },
  { required: ["fallthrough"], open: true },
);

function parseVersion(value: unknown): 1 {
  if (value !== 1) throw wrongValue(value, "1");
  return value;
}
