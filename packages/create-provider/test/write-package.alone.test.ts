import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { formatSummary } from "../src/format-summary.ts";
import { writePackage } from "../src/write-package.ts";

let workspace: string;

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), "create-provider-"));
});
afterAll(() => rmSync(workspace, { recursive: true }));

test("an origin that looks like that of the template stays as it was given", () => {
  const folder = join(workspace, "alike");
  const origin = "https://my-site.example";

  writePackage({ folder, id: "alike", name: "My Site", origin, template: "openai" });

  expect(readFileSync(join(folder, "src/provider.ts"), "utf8")).toContain(`baseURL: "${origin}/v1"`);
});

test.each([
  ["relative", "form-a", "form-a"],
  ["relative with a dot", "./form-b", "form-b"],
  ["closed by a slash", "form-c/", "form-c"],
  ["through its parent", "form-d/../form-e//inner/.", "form-e/inner"],
  ["with spaces", "form f/of mine", "form f/of mine"],
])("a folder that is %s is the one that is written", (_, folder, written) => {
  vi.spyOn(process, "cwd").mockReturnValue(workspace);

  writePackage({ folder, id: "form", name: "Form", origin: "https://form.example", template: "events" });

  const files = readdirSync(join(workspace, written), { recursive: true, encoding: "utf8" });
  expect(files).toEqual(
    expect.arrayContaining([".gitignore", "README.md", "package.json", join("test", "conformance.test.ts")]),
  );
  expect(files.filter((file) => file.includes(".check."))).toEqual([]);
  vi.restoreAllMocks();
});

test("a folder below the home folder is found where no shell has done it", () => {
  vi.stubEnv("HOME", workspace);
  vi.stubEnv("USERPROFILE", workspace);

  const { folder } = writePackage({
    folder: "~/at home",
    id: "home",
    name: "Home",
    origin: "https://home.example",
    template: "json",
  });

  expect(folder).toBe(join(workspace, "at home"));
  vi.unstubAllEnvs();
});

test("the origin of a WebSocket is that of its site", () => {
  const folder = join(workspace, "socket");

  writePackage({ folder, id: "socket", name: "Socket", origin: "wss://a.example", template: "websocket" });

  const files = ["src/provider.ts", "README.md"].map((file) => readFileSync(join(folder, file), "utf8"));
  expect(files[0]).toContain('"wss://a.example/api/chat"');
  expect(files[1]).toContain("`https://a.example`");
});

test("a package has a licence of this year, recipes, and a workflow that runs on Windows as well", () => {
  const folder = join(workspace, "licensed");
  const plan = { id: "licensed", name: "Licensed", origin: "https://a.example", template: "sse" };

  const { files } = writePackage({ ...plan, folder });

  const texts = ["LICENSE", "AGENTS.md", ".github/workflows/check.yml"];
  const [licence, recipes, workflow] = texts.map((file) => readFileSync(join(folder, file), "utf8"));
  expect(files).toEqual(expect.arrayContaining(texts));
  expect(licence).toContain(
    `Copyright (c) ${new Date().getFullYear()} the authors of fallthrough-provider-licensed`,
  );
  expect(recipes).toContain("## Recipes");
  expect(workflow).toContain("windows-latest");
});

test("a package is published by a job that runs no code, and proves where it was built", () => {
  const folder = join(workspace, "published");

  writePackage({ folder, id: "out", name: "Out", origin: "https://a.example", template: "json" });

  const workflow = readFileSync(join(folder, ".github/workflows/publish.yml"), "utf8");
  const [, publish = ""] = workflow.split(/^ {2}publish:$/m);
  expect(publish).toContain("id-token: write");
  expect(publish).toContain("npm publish ./*.tgz --provenance");
  expect(publish).not.toMatch(/checkout@|npm (?:install|ci|run|test|exec)|npx/);
  expect(workflow).not.toContain("secrets.");
  for (const action of workflow.match(/uses: .+/g) ?? []) expect(action).toMatch(/@[0-9a-f]{40} # v/);
});

test("the summary names every file that was made, and what to do next", () => {
  const plan = { folder: join(workspace, "told"), id: "told", name: "Told", origin: "https://a.example" };

  const written = writePackage({ ...plan, template: "ndjson" });
  const summary = formatSummary({ ...plan, template: "ndjson" }, written);

  for (const file of written.files) expect(summary).toContain(`  ${file}`);
  expect(summary).toMatch(/Next:\n\n {2}cd .*told\n {2}npm install\n {2}npm run build\n {2}npm test\n/);
});

test("the manifest takes its versions from that of the scaffold", () => {
  const folder = join(workspace, "versions");

  writePackage({ folder, id: "versions", name: "Versions", origin: "https://v.example", template: "json" });

  const { dependencies, devDependencies, fallthrough } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(own.devDependencies).toMatchObject({ ...dependencies, ...devDependencies });
  expect(fallthrough).toMatchObject({ id: "versions", factory: "createVersions", name: "Versions" });
});

test.each([
  "http://127.0.0.1:8123",
  "http://127.0.0.2:8123",
  "http://[::1]:8123",
  "http://site.localhost:8123",
])("a server on this machine needs no encryption: %s", (origin) => {
  const folder = mkdtempSync(join(workspace, "local-"));

  writePackage({ folder, id: "local", name: "Local", origin, template: "events" });

  expect(readFileSync(join(folder, "src/provider.ts"), "utf8")).toContain(`"${origin}"`);
});

test.each([
  ["an unknown template", { template: "xml" }, "unknown template"],
  ["an id with other letters", { id: "My Site" }, "the id"],
  ["an origin without encryption", { origin: "http://a.example" }, "the origin"],
  [
    "a folder with something in it",
    { folder: dirname(fileURLToPath(import.meta.url)) },
    "is not an empty folder",
  ],
  ["a file in its place", { folder: fileURLToPath(import.meta.url) }, "is not an empty folder"],
])("%s is refused before anything is written", (_, change, problem) => {
  const folder = join(workspace, "refused");
  const plan = { folder, id: "refused", name: "Refused", origin: "https://a.example", template: "json" };

  expect(() => writePackage({ ...plan, ...change })).toThrow(problem);
  expect(existsSync(folder)).toBe(false);
});
