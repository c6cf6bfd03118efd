import type { ModelCard } from "@fallthrough/core";

/** A kind of site that a package can be written for. */
export interface Template {
  readonly title: string;
  /** What the provider imports. */
  readonly dependencies: readonly string[];
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
  sse: {
    title: "one call, answered by server-sent events",
    dependencies: ["@fallthrough/core"],
    model: { capabilities: { streaming: true, tools: false, images: false } },
    protocol: [
      "| question | `POST /api/chat`, JSON `model` and `prompt` | events with `text`, then `[DONE]` |",
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
