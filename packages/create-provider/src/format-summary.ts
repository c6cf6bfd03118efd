import { relative } from "node:path";
import type { PackagePlan, WrittenPackage } from "./write-package.ts";

/** What the files are for whose names do not say it. */
const PURPOSES: readonly (readonly [RegExp, string])[] = [
  [/^package\.json$/, "the card: id, models and what they can do"],
  [/^AGENTS\.md$/, "recipes for whoever changes the package"],
  [/protocol\.ts$/, "what the server says: text in, value or error out"],
  [/provider\.ts$/, "the requests of one call, in order"],
  [/^test\/fixtures\//, "made up so far: record a real answer in its place"],
  [/conformance/, "the suite that every provider passes"],
  [/check\.yml$/, "types, build and tests on Linux and Windows"],
  [/publish\.yml$/, "publishes a release, with its provenance"],
];
const GUIDE = "https://fallthrough-js.github.io/fallthrough/writing-a-provider";

/** What was made, and what to do next. */
export function formatSummary({ id, name }: PackagePlan, { folder, files }: WrittenPackage): string {
  const width = Math.max(...files.map(({ length }) => length));
  const lines = files.map((file) => {
    const purpose = PURPOSES.find(([names]) => names.test(file))?.[1];
    return `  ${purpose === undefined ? file : `${file.padEnd(width)}  ${purpose}`}`;
  });
  const place = relative(process.cwd(), folder);
  const steps = [
    ...(place === "" ? [] : [`cd ${quoted(place)}`]),
    "npm install",
    "npm run build",
    "npm test",
  ];
  return `fallthrough-provider-${id}, a provider for ${name}, is in ${folder}:

${lines.join("\n")}

Next:

${steps.map((step) => `  ${step}`).join("\n")}

Its tests pass with a protocol that is made up. Make it the real one:

  1. Record an answer of the server into test/fixtures/.
  2. Change src/ until \`npm test\` passes again.
  3. Set \`status\` in package.json to the day on which you tried it, and publish.

The guide: ${GUIDE}
`;
}

function quoted(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : JSON.stringify(path);
}
