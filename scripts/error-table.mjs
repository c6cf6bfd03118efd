const AGAIN = { never: "no", once: "once", unopened: "if the connection never opened" };
const NEXT = {
  yes: "yes",
  stop: "no",
  "larger-window": "with a larger or unknown context window",
};
const UNITS = /** @type {const} */ ([
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
]);

/**
 * Markdown table of the error codes: what happened is kept from the table that stands, the rest comes from the policy.
 *
 * @param {string} current
 */
export async function formatErrorTable(current) {
  const { POLICY } = await import(new URL("../packages/registry/dist/index.js", import.meta.url).href);
  const meanings = new Map(
    [...current.matchAll(/^\| `([\w-]+)` \| ([^|]+?) \|/gm)].map(([, code, meaning]) => [code, meaning]),
  );
  const unknown = [...meanings.keys()].filter((code) => !(String(code) in POLICY));
  if (unknown.length > 0) throw new Error(`the error table explains unknown codes: ${unknown.join(", ")}`);

  const rows = Object.entries(POLICY).map(([code, policy]) => {
    const meaning = meanings.get(code);
    if (!meaning) throw new Error(`the error table does not say what happened for \`${code}\``);
    return `| \`${code}\` | ${meaning} | ${formatPolicy(policy)} |`;
  });
  return ["| Code | What happened | Again | Next | Health |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** A heading for each code, to which the field `help` of its errors leads, and what to do. */
export async function formatFixes() {
  const url = new URL("../packages/core/dist/index.js", import.meta.url).href;
  const { CHAT_ERROR_CODES, ChatError } = await import(url);
  return CHAT_ERROR_CODES.map(
    (/** @type {string} */ code) => `### ${code}\n\n${new ChatError(code, "").fix}\n`,
  ).join("\n");
}

/** @param {import("../packages/registry/src/health/policy.ts").CodePolicy} policy */
function formatPolicy({ again, next, health, ...lengths }) {
  const remembered = health === "none" ? "-" : `${health}, ${formatLengths(health, lengths)}`;
  return [AGAIN[again], NEXT[next], remembered].join(" | ");
}

/**
 * @param {string} health
 * @param {Pick<import("../packages/registry/src/health/policy.ts").CodePolicy, "cooldownMs" | "factor" | "longestMs">} lengths
 */
function formatLengths(health, { cooldownMs, factor, longestMs }) {
  const first = formatTime(cooldownMs);
  if (factor === 1) return first;
  // what is counted has a second cooldown as long as the first
  const firsts = health === "count" ? `${first}, ${first}` : first;
  return `${firsts}, then x${factor}, at most ${formatTime(longestMs)}`;
}

/** @param {number} ms */
function formatTime(ms) {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ["ms", 1];
  return `${ms / size} ${unit}`;
}
