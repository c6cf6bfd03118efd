import { ChatError } from "../errors/chat-error.ts";
import { cut, quote } from "../errors/redact.ts";
import type {
  Capability,
  ChatRequest,
  FinishPart,
  ModelCard,
  Need,
  ProviderCard,
  StreamPart,
} from "./contract.ts";

/** Of a longer list of names a message shows the start. */
const LONGEST_LIST = 160;

/** The model of the card that this name means; `undefined` for a name that the card does not have. */
export function findModel(card: ProviderCard, name: string | undefined): ModelCard | undefined {
  if (name === undefined) return card.models[0];
  return (
    card.models.find((model) => model.id === name) ??
    card.models.find((model) => model.aliases?.includes(name))
  );
}

/** The model to ask for, and what to tell a caller who meant another. */
interface SelectedModel {
  readonly model: string | undefined;
  readonly warning?: string | undefined;
}

/** The model that a request by this name goes to; where the site decides, one that it has; @throws `not-found` */
export function selectModel(card: ProviderCard, name: string | undefined): SelectedModel {
  const found = findModel(card, name);
  const [first] = card.models;
  if (first === undefined || (found !== undefined && (found === first || found.selectable !== false))) {
    return { model: found?.id ?? name };
  }
  const decided = found?.selectable === false || card.models.every(({ selectable }) => selectable === false);
  if (decided) {
    return {
      model: found?.id ?? first.id,
      warning: `${card.name} decides on the model itself, so ${quote(name ?? "")} was not asked for`,
    };
  }
  const known = card.models.map(({ id }) => id).join(", ");
  throw new ChatError("not-found", `unknown model ${quote(name ?? "")}, expected one of ${known}`);
}

/** What a request cannot be answered without; nothing for plain chat. */
export function needsOf(request: ChatRequest): readonly Need[] {
  const { tools, toolChoice = "auto", responseFormat } = request;
  const needs: Need[] = [];
  if (tools !== undefined && tools.length > 0) {
    needs.push("tools");
    if (toolChoice !== "auto") needs.push("tool-choice");
  }
  if (responseFormat?.type === "json") {
    needs.push("json");
    if (responseFormat.schema !== undefined) needs.push("json-schema");
  }
  let images = false;
  let files = false;
  for (const { content } of request.messages) {
    if (typeof content !== "object" || content === null) continue;
    for (const { type } of content) {
      images ||= type === "image";
      files ||= type === "file";
    }
  }
  if (images) needs.push("images");
  if (files) needs.push("files");
  return needs;
}

/** What the model's card says about a need; `undefined` where it says nothing. */
export function declaredAbility(model: ModelCard | undefined, need: Need): boolean | undefined {
  return model?.capabilities?.[capabilityOf(need)];
}

/** The ability among these needs that the model's card denies; `undefined` where it says yes or nothing. */
export function deniedCapability(
  model: ModelCard | undefined,
  needs: readonly Need[],
): Capability | undefined {
  const denied = needs.find((need) => declaredAbility(model, need) === false);
  return denied && capabilityOf(denied);
}

function capabilityOf(need: Need): Capability {
  if (need === "tool-choice") return "tools";
  return need === "json-schema" ? "json" : need;
}

const WISHES = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "presencePenalty",
  "frequencyPenalty",
  "seed",
  "stopSequences",
  "reasoningEffort",
  "toolChoice",
  "parallelToolCalls",
  "extraFields",
] as const;

/** The request settings that a provider may honour or not. */
export type Wish = (typeof WISHES)[number];

/** One warning for each sampling setting that the provider does not honour and each of its options that it does not know. */
export function wishWarnings(
  card: ProviderCard,
  request: ChatRequest,
  known: { readonly honours?: readonly Wish[]; readonly options?: readonly string[] } = {},
): readonly StreamPart[] {
  const warnings: StreamPart[] = [];
  for (const wish of WISHES) {
    if (request[wish] !== undefined && !known.honours?.includes(wish)) {
      warnings.push(unsupported(`${card.name} does not take \`${wish}\`, so it was left out`));
    }
  }
  for (const option of Object.keys(request.providerOptions?.[card.id] ?? {})) {
    if (known.options?.includes(option)) continue;
    const expected = known.options?.length ? `, expected one of ${known.options.join(", ")}` : "";
    warnings.push(unsupported(`${card.name} has no option \`${option}\`${expected}`));
  }
  return warnings;
}

/** The warning about options for others than these providers; `undefined` without such options. */
export function strangerWarning(
  { providerOptions }: ChatRequest,
  ids: readonly string[],
): Exclude<StreamPart, FinishPart> | undefined {
  const strangers = Object.keys(providerOptions ?? {}).filter((key) => !ids.includes(key));
  if (strangers.length === 0) return undefined;
  const keys = cut(strangers.map((key) => quote(key)).join(", "), LONGEST_LIST);
  const problem = `the \`providerOptions\` of ${keys} are for no provider of this call, so they were left out`;
  return {
    type: "warning",
    code: "unsupported",
    message: `${problem}, expected ${cut(ids.join(", "), LONGEST_LIST)}`,
  };
}

function unsupported(message: string): StreamPart {
  return { type: "warning", code: "unsupported", message };
}
