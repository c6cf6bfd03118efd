import type { ModelCard } from "@fallthrough/core";

/** A kind of site that a package can be written for. */
export interface Template {
  readonly title: string;
  /** What the provider imports. */
  readonly dependencies: readonly string[];
  /** What its tests import, beside what all have. */
  readonly devDependencies?: readonly string[] | undefined;
  /** What the card says of its one model. */
  readonly model: Readonly<Omit<ModelCard, "id">>;
  /** The rows of the README's protocol table. */
  readonly protocol: readonly string[];
}

/** The templates, by the name of their folder. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  json: {
    title: "one JSON call",
    dependencies: ["@fallthrough/core"],
    model: { capabilities: { streaming: false, tools: false, images: false } },
    protocol: ["| question | `POST /api/chat`, JSON `model` and `prompt` | JSON `answer` |"],
  },
  events: {
    title: "one call, answered by server-sent events",
    dependencies: ["@fallthrough/core"],
    model: { capabilities: { streaming: true, tools: false, images: false } },
    protocol: [
      "| question | `POST /api/chat`, JSON `model` and `prompt` | events with `text`, then `[DONE]` |",
    ],
  },
  ndjson: {
    title: "one call, answered by a JSON object in each line",
    dependencies: ["@fallthrough/core"],
    model: { capabilities: { streaming: true, tools: false, images: false } },
    protocol: [
      "| question | `POST /api/chat`, JSON `model` and `prompt` | lines with `text`, the last with `done` |",
    ],
  },
  websocket: {
    title: "a WebSocket for each call",
    dependencies: ["@fallthrough/core", "ws"],
    devDependencies: ["@types/ws"],
    model: { capabilities: { streaming: true, tools: false, images: false } },
    protocol: [
      "| question | WebSocket `/api/chat`, a message with `model` and `prompt` | messages with `word`, then `done` |",
    ],
  },
  process: {
    title: "a program that is started for each call",
    dependencies: ["@fallthrough/core"],
    model: { capabilities: { streaming: true, tools: false, images: false } },
    protocol: [
      "| question | the program's input, JSON `model` and `prompt` | lines with `word`, then `done` |",
    ],
  },
  "ai-power": {
    title: "a WordPress site with the plugin AI Power",
    dependencies: ["@fallthrough/ai-power", "@fallthrough/core"],
    model: { selectable: false, capabilities: { tools: false, images: false } },
    protocol: [
      "| page | `GET /` | the nonce and the bots of the chat |",
      "| question | `POST /wp-admin/admin-ajax.php` | JSON, or an event stream |",
    ],
  },
  openai: {
    title: "an OpenAI-compatible endpoint",
    dependencies: ["@fallthrough/core", "@fallthrough/provider-openai"],
    model: {},
    protocol: ["| question | `POST /v1/chat/completions` | events with `choices`, then `[DONE]` |"],
  },
};

/** Another name of a template, as the field says it. */
const OTHER_NAMES: Readonly<Record<string, string>> = { sse: "events" };

/** The template of this name; @throws for a name that none has */
export function findTemplate(name: string): Template & { readonly name: string } {
  const known = OTHER_NAMES[name] ?? name;
  const template = Object.hasOwn(TEMPLATES, known) ? TEMPLATES[known] : undefined;
  if (template !== undefined) return { ...template, name: known };
  const names = Object.keys(TEMPLATES).join(", ");
  throw new Error(`unknown template ${JSON.stringify(name)}; known: ${names}`);
}
