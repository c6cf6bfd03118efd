import { readJson } from "./workspace.mjs";

/**
 * @typedef {{
 *   id: string, name: string, homepage: string, operator: string, trainsOnPrompts: string, freeTier?: string, plan?: string,
 *   needs: { environment?: string[], optional?: boolean, listening?: boolean, page?: string },
 *   server: { baseURL: string, limits?: Record<string, Record<string, number>> },
 *   notes?: string[], claims: { of: string[], source: string, date: string, unread?: boolean }[],
 * }} Preset
 */

/** Markdown table of the services and local servers that provider-openai knows. */
export function formatServiceTable() {
  /** @type {{ presets: Preset[] }} */
  const { presets } = readJson("packages/provider-openai/presets.json");
  const heads = [
    "id",
    "who gets the prompts",
    "key",
    "what is told on limits",
    "rules of ours",
    "read where and when",
    "verified live",
  ];
  return [
    `| ${heads.join(" | ")} |`,
    `|${"---|".repeat(heads.length)}`,
    ...presets.map((preset) => `| ${formatRow(preset).join(" | ")} |`),
  ].join("\n");
}

/** @param {Preset} preset */
function formatRow({
  id,
  name,
  homepage,
  operator,
  trainsOnPrompts,
  freeTier,
  plan,
  needs,
  server,
  notes = [],
  claims,
}) {
  const trained = needs.listening ? "" : `; trained on: ${trainsOnPrompts}`;
  const limits = Object.entries(server.limits ?? {}).flatMap(([unit, quota]) =>
    Object.entries(quota).map(([window, most]) => `${most} ${unit} a ${window}`),
  );
  return [
    `[\`${id}\`](${homepage}) ${name}, \`${server.baseURL}\``,
    `${operator}${trained}`,
    formatNeeds(needs),
    [
      freeTier ?? "",
      limits.length === 0 ? "" : `counted before it is told, for the plan "${plan}": ${limits.join(", ")}`,
    ]
      .filter(Boolean)
      .join("; "),
    notes.join("; "),
    claims.map(formatClaim).join(", "),
    "no",
  ];
}

/** @param {Preset["needs"]} needs */
function formatNeeds({ environment = [], optional, listening, page }) {
  if (listening)
    return `none; asked while it listens${environment.length === 0 ? "" : `, with \`${environment[0]}\` where it is set`}`;
  const names = environment.map((variable) => `\`${variable}\``).join(" and ");
  const key = optional ? `none, or ${names}` : names;
  return page === undefined ? key : `[${key}](${page})`;
}

/** @param {Preset["claims"][number]} claim */
function formatClaim({ of, source, date, unread }) {
  return `[${of.join(", ")}](${source}) ${date}${unread ? " (not read)" : ""}`;
}
