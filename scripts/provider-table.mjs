import { packageFolders, readJson } from "./workspace.mjs";

/** Markdown table of the provider packages, as their manifests describe them. */
export function formatProviderTable() {
  const rows = packageFolders()
    .map((folder) => ({ folder, manifest: readJson(`${folder}/package.json`) }))
    .filter(({ folder, manifest }) => folder.startsWith("packages/") && manifest.fallthrough)
    .map(({ folder, manifest }) => formatRow(folder, manifest.name, manifest.fallthrough));
  const head = [
    "| Provider | Package | Models | Status of the public site | Verified live |",
    "|---|---|---|---|---|",
  ];
  return [...head, ...rows].join("\n");
}

/**
 * @param {string} folder
 * @param {string} packageName
 * @param {{ name: string, homepage?: string, status: { state: string, checked: string, note?: string }, models: { id: string, aliases?: string[] }[], instances?: string | { id: string }[] }} card
 */
function formatRow(folder, packageName, { name, homepage, status, models, instances }) {
  const site = homepage ? `[${name}](${homepage})` : name;
  const names = models.map(({ id, aliases = [] }) =>
    [`\`${id}\``, ...aliases.map((alias) => `(\`${alias}\`)`)].join(" "),
  );
  const others = instancesOf(folder, instances).filter(({ id }) => !packageName.endsWith(`-${id}`));
  const ready = others.length > 0 ? `; also as ${others.map(({ id }) => `\`${id}\``).join(", ")}` : "";
  const verified = status.state === "active" ? `yes, ${status.checked}` : "no";
  const note = status.note ? `: ${status.note}` : "";
  return `| ${site} | [\`${packageName}\`](${folder}) | ${names.join(", ") || "any"}${ready} | **${status.state}**, ${status.checked}${note} | ${verified} |`;
}

/**
 * A list stands in the manifest, or in a file that it names.
 * @param {string} folder
 * @param {string | { id: string }[] | undefined} instances
 * @returns {{ id: string }[]}
 */
function instancesOf(folder, instances = []) {
  return typeof instances === "string" ? readJson(`${folder}/${instances}`).presets : instances;
}
