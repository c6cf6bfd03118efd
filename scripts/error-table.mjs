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

/** @param {{ again: keyof typeof AGAIN, next: keyof typeof NEXT, health: string, cooldownMs: number }} policy */
function formatPolicy({ again, next, health, cooldownMs }) {
  return [AGAIN[again], NEXT[next], health === "none" ? "-" : `${health}, ${formatTime(cooldownMs)}`].join(
    " | ",
  );
}

/** @param {number} ms */
function formatTime(ms) {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ["ms", 1];
  return `${ms / size} ${unit}`;
}
