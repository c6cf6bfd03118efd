import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SOURCES = new URL("src/", import.meta.url);
const OUTPUT = new URL("dist/", import.meta.url);

/**
 * Builds the page: one HTML text with its script and its style, and the policy that lets nothing else run.
 *
 * @returns {Promise<import("./src/index.ts").Page>}
 */
export async function buildPage() {
  const [script, style] = await Promise.all([bundle("main.tsx"), bundle("style.css")]);
  const template = readFileSync(new URL("page.html", SOURCES), "utf8");
  const html = template
    .replace(/>\s+</g, "><")
    .trim()
    .replace("<!-- style -->", () => `<style>${style}</style>`)
    .replace("<!-- script -->", () => `<script type="module">${script}</script>`);
  const policy = {
    "default-src": "'none'",
    "script-src": hashOf(script),
    "style-src": hashOf(style),
    "connect-src": "'self'",
    "img-src": "data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
  };
  const contentSecurityPolicy = Object.entries(policy)
    .map((directive) => directive.join(" "))
    .join("; ");
  return { html, contentSecurityPolicy };
}

/** @param {string} file */
async function bundle(file) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, SOURCES))],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: ["es2022", "chrome111", "firefox111", "safari16.4"],
    charset: "utf8",
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "error",
  });
  const text = outputFiles[0]?.text.trim() ?? "";
  // a text of the script may not end the element that it stands in
  return text.replaceAll("</script", "<\\/script");
}

/** @param {string} text */
function hashOf(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = await buildPage();
  mkdirSync(OUTPUT, { recursive: true });
  writeFileSync(new URL("index.js", OUTPUT), `export const PAGE = ${JSON.stringify(page)};\n`);
  writeFileSync(
    new URL("index.d.ts", OUTPUT),
    "export declare const PAGE: {\n  readonly html: string;\n  readonly contentSecurityPolicy: string;\n};\n",
  );
}
