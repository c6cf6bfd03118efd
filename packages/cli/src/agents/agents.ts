import type { JsonObject, JsonValue } from "@fallthrough/core";
import { TOKEN_VARIABLE } from "../gateway-token.ts";

/** Where an agent finds the gateway. */
export interface AgentGateway {
  /** The base URL of OpenAI's API, `http://127.0.0.1:8787/v1` for example. */
  readonly baseURL: string;
  /** The model that the agent asks for. */
  readonly model: string;
  /** The token of the gateway, where it wants one. */
  readonly token?: string | undefined;
}

/** One value in a configuration file. */
interface SettingChange {
  /** The names that lead to it. */
  readonly path: readonly string[];
  /** The new content, made from the old one. */
  readonly value: (before: JsonValue | undefined) => JsonValue;
}

/** What is changed in one configuration file. */
export interface FileChange {
  /** The file, from the home folder on. */
  readonly file: string;
  /** The variable that names another folder for the file. */
  readonly folderVariable?: string | undefined;
  /** How the file is written. */
  readonly format: "json" | "toml";
  /** The values, in order. */
  readonly changes: readonly SettingChange[];
}

/** How a program is started. */
interface Launch {
  /** The environment variables that are set. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** The arguments that come before those of the caller. */
  readonly words?: readonly string[] | undefined;
  /** A module that the program loads; its path follows the last of `words`. */
  readonly module?: string | undefined;
}

/** A program that asks models. */
export interface Agent {
  /** The name for people. */
  readonly title: string;
  /** The command that starts it. */
  readonly command: string;
  /** How it is installed. */
  readonly install: string;
  /** The files that are changed; absent where the form of its configuration is not certain. */
  readonly files?: ((gateway: AgentGateway) => readonly FileChange[]) | undefined;
  /** The lines to paste; absent where the files are changed. */
  readonly lines?: ((gateway: AgentGateway) => readonly string[]) | undefined;
  /** How it is started without any file; absent where it cannot be told anything so. */
  readonly launch?: ((gateway: AgentGateway) => Launch) | undefined;
}

/** The key for a gateway that asks for none: most programs do not start without one. */
const NO_KEY = "none";
/** The name of the gateway in the settings of a program. */
const NAME = "fallthrough";

/** The programs that the command can set up, by the name that it knows them by. */
export const AGENTS: Readonly<Record<string, Agent>> = {
  // developers.openai.com/codex/config-reference
  codex: {
    title: "Codex CLI",
    command: "codex",
    install: "npm install -g @openai/codex",
    files: (gateway) => [
      {
        file: ".codex/config.toml",
        folderVariable: "CODEX_HOME",
        format: "toml",
        changes: [
          to(["model"], gateway.model),
          to(["model_provider"], NAME),
          to(["model_providers", NAME], codexProvider(gateway)),
        ],
      },
    ],
    launch: (gateway) => ({
      environment: gateway.token === undefined ? {} : { [TOKEN_VARIABLE]: gateway.token },
      words: [
        ["model", gateway.model],
        ["model_provider", NAME],
        ...Object.entries(codexProvider(gateway)).map(([key, value]) => [
          `model_providers.${NAME}.${key}`,
          value,
        ]),
      ].flatMap(([key, value]) => ["-c", `${key}=${JSON.stringify(value)}`]),
    }),
  },
  // docs.claude.com/en/docs/claude-code/llm-gateway
  claude: {
    title: "Claude Code",
    command: "claude",
    install: "npm install -g @anthropic-ai/claude-code",
    files: (gateway) => [
      {
        file: ".claude/settings.json",
        folderVariable: "CLAUDE_CONFIG_DIR",
        format: "json",
        changes: [
          ...Object.entries(claudeEnvironment(gateway)).map(([key, value]) => to(["env", key], value)),
          gateway.token === undefined
            ? to(["env", "ANTHROPIC_AUTH_TOKEN"], NO_KEY)
            : to(["apiKeyHelper"], `printenv ${TOKEN_VARIABLE}`),
        ],
      },
    ],
    launch: (gateway) => ({
      environment: {
        ...claudeEnvironment(gateway),
        ANTHROPIC_AUTH_TOKEN: gateway.token ?? NO_KEY,
        // a key of Anthropic's own would be sent beside the token
        ANTHROPIC_API_KEY: "",
      },
    }),
  },
  // opencode.ai/docs/providers, "Custom provider"
  opencode: {
    title: "opencode",
    command: "opencode",
    install: "npm install -g opencode-ai",
    files: (gateway) => [
      {
        file: ".config/opencode/opencode.json",
        folderVariable: "OPENCODE_CONFIG_DIR",
        format: "json",
        changes: [
          to(["provider", NAME], opencodeProvider(gateway, keyReference(gateway, `{env:${TOKEN_VARIABLE}}`))),
          to(["model"], `${NAME}/${gateway.model}`),
        ],
      },
    ],
    launch: (gateway) => ({
      environment: {
        OPENCODE_CONFIG_CONTENT: JSON.stringify({
          provider: { [NAME]: opencodeProvider(gateway, gateway.token ?? NO_KEY) },
          model: `${NAME}/${gateway.model}`,
        }),
      },
    }),
  },
  // pi's docs/models.md and docs/custom-provider.md
  pi: {
    title: "pi",
    command: "pi",
    install: "npm install -g @earendil-works/pi-coding-agent",
    files: (gateway) => [
      {
        file: ".pi/agent/models.json",
        folderVariable: "PI_CODING_AGENT_DIR",
        format: "json",
        changes: [to(["providers", NAME], piProvider(gateway, keyReference(gateway, TOKEN_VARIABLE)))],
      },
      {
        file: ".pi/agent/settings.json",
        folderVariable: "PI_CODING_AGENT_DIR",
        format: "json",
        changes: [to(["defaultProvider"], NAME), to(["defaultModel"], gateway.model)],
      },
    ],
    launch: (gateway) => ({
      words: ["--provider", NAME, "--model", gateway.model, "--extension"],
      module: `export default (pi) => pi.registerProvider(${JSON.stringify(NAME)}, ${JSON.stringify(
        piProvider(gateway, gateway.token ?? NO_KEY, PI_DEFAULTS),
      )});\n`,
    }),
  },
  // the README of Qwen Code, "API Key"
  qwen: {
    title: "Qwen Code",
    command: "qwen",
    install: "npm install -g @qwen-code/qwen-code",
    files: (gateway) => [
      {
        file: ".qwen/settings.json",
        format: "json",
        changes: [
          { path: ["modelProviders", "openai"], value: (before) => withQwenModel(before, gateway) },
          ...(gateway.token === undefined ? [to(["env", TOKEN_VARIABLE], NO_KEY)] : []),
          to(["security", "auth", "selectedType"], "openai"),
          to(["model", "name"], gateway.model),
        ],
      },
    ],
    launch: ({ baseURL, model, token }) => ({
      environment: { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: token ?? NO_KEY, OPENAI_MODEL: model },
      words: ["--auth-type", "openai", "--model", model],
    }),
  },
  "gemini-cli": {
    title: "Gemini CLI",
    command: "gemini",
    install: "npm install -g @google/gemini-cli",
    lines: () => [
      "Gemini CLI speaks Gemini's own API only, which the gateway does not serve.",
      "Qwen Code is made from it and speaks OpenAI's API: fallthrough setup qwen",
    ],
  },
  // docs.continue.dev/reference
  continue: {
    title: "Continue",
    command: "cn",
    install: "npm install -g @continuedev/cli",
    lines: (gateway) => [
      "Add this to ~/.continue/config.yaml:",
      "",
      "models:",
      `  - name: ${NAME}`,
      "    provider: openai",
      `    model: ${gateway.model}`,
      `    apiBase: ${gateway.baseURL}`,
      `    apiKey: ${keyReference(gateway, `\${{ secrets.${TOKEN_VARIABLE} }}`)}`,
      "    roles: [chat, edit, apply]",
    ],
  },
  // docs.cline.bot/provider-config/openai-compatible
  cline: {
    title: "Cline",
    command: "cline",
    install: "npm install -g cline",
    lines: (gateway) => [
      "Choose these in Cline's settings, under API Configuration:",
      "",
      "API Provider: OpenAI Compatible",
      `Base URL: ${gateway.baseURL}`,
      `API Key: ${keyReference(gateway, `the token in ${TOKEN_VARIABLE}`)}`,
      `Model ID: ${gateway.model}`,
    ],
  },
  // aider.chat/docs/llms/openai-compat.html
  aider: {
    title: "aider",
    command: "aider",
    install: "python -m pip install aider-install && aider-install",
    lines: (gateway) => [
      "Add this to ~/.aider.conf.yml:",
      "",
      `model: openai/${gateway.model}`,
      `openai-api-base: ${gateway.baseURL}`,
      gateway.token === undefined
        ? `openai-api-key: ${NO_KEY}`
        : `# and set OPENAI_API_KEY to the token in ${TOKEN_VARIABLE}`,
    ],
    launch: ({ baseURL, model, token }) => ({
      environment: { OPENAI_API_BASE: baseURL, OPENAI_API_KEY: token ?? NO_KEY },
      words: ["--model", `openai/${model}`],
    }),
  },
};

function to(path: readonly string[], value: JsonValue): SettingChange {
  return { path, value: () => value };
}

/** A token stays out of files: they name the variable that holds it. */
function keyReference({ token }: AgentGateway, reference: string): string {
  return token === undefined ? NO_KEY : reference;
}

function codexProvider({ baseURL, token }: AgentGateway): Record<string, JsonValue> {
  return {
    name: NAME,
    base_url: baseURL,
    wire_api: "responses",
    ...(token === undefined ? {} : { env_key: TOKEN_VARIABLE }),
  };
}

/** Claude Code adds the path of the API itself, and asks a small model for titles. */
function claudeEnvironment({ baseURL, model }: AgentGateway): Record<string, string> {
  return {
    ANTHROPIC_BASE_URL: baseURL.replace(/\/v1$/, ""),
    ANTHROPIC_MODEL: model,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
  };
}

function opencodeProvider({ baseURL, model }: AgentGateway, apiKey: string): JsonValue {
  return {
    npm: "@ai-sdk/openai-compatible",
    name: NAME,
    options: { baseURL, apiKey },
    models: { [model]: { name: model } },
  };
}

/** What pi takes for a model of `models.json` that says nothing of it; an extension has to say it. */
const PI_DEFAULTS = {
  name: NAME,
  reasoning: false,
  input: ["text"],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 128_000,
  maxTokens: 16_384,
};

function piProvider({ baseURL, model }: AgentGateway, apiKey: string, facts: JsonObject = {}): JsonValue {
  return { baseUrl: baseURL, api: "openai-completions", apiKey, models: [{ id: model, ...facts }] };
}

function withQwenModel(before: JsonValue | undefined, { baseURL, model }: AgentGateway): JsonValue {
  const own = { id: model, name: `${NAME} ${model}`, baseUrl: baseURL, envKey: TOKEN_VARIABLE };
  const others = Array.isArray(before) ? before : [];
  const isOwn = (entry: JsonValue) =>
    (entry as { readonly envKey?: unknown } | null)?.envKey === TOKEN_VARIABLE;
  return [...others.filter((entry) => !isOwn(entry)), own];
}
