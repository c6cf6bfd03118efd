/** A kind of site that a package can be written for. */
export interface Template {
  readonly title: string;
  /** What the provider imports. */
  readonly dependencies: readonly string[];
  /** What its one model is declared to do or not to do. */
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** The rows of the README's protocol table. */
  readonly protocol: readonly string[];
}

/** The templates, by the name of their folder. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  json: {
    title: "one JSON call",
    dependencies: ["@fallthrough/core"],
    capabilities: { streaming: false, tools: false, images: false },
    protocol: ["| question | `POST /api/chat`, JSON `prompt` | JSON `answer` |"],
  },
  sse: {
    title: "one call, answered by server-sent events",
    dependencies: ["@fallthrough/core"],
    capabilities: { streaming: true, tools: false, images: false },
    protocol: ["| question | `POST /api/chat`, JSON `prompt` | events with `text`, then `[DONE]` |"],
  },
  "ai-power": {
    title: "a WordPress site with the plugin AI Power",
    dependencies: ["@fallthrough/ai-power", "@fallthrough/core"],
    capabilities: { tools: false, images: false },
    protocol: [
      "| page | `GET /` | the nonce and the bots of the chat |",
      "| question | `POST /wp-admin/admin-ajax.php` | JSON, or an event stream |",
    ],
  },
  openai: {
    title: "an OpenAI-compatible endpoint",
    dependencies: ["@fallthrough/core", "@fallthrough/provider-openai"],
    capabilities: {},
    protocol: ["| question | `POST /v1/chat/completions` | events with `choices`, then `[DONE]` |"],
  },
};
