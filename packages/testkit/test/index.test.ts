import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const DIST = new URL("../dist/", import.meta.url);

test("the public surface is the one on record", async () => {
  const files = readdirSync(DIST).filter((file) => file.endsWith(".d.ts"));
  const surface = files.map((file) => `// ${file}\n${readFileSync(new URL(file, DIST), "utf8")}`).join("\n");

  // the bundler names shared files after their content
  const lasting = surface.replace(/-[\w-]{8}(?=\.js|\.d\.ts)/g, "");
  await expect(lasting).toMatchFileSnapshot("api.d.ts.snap");
});
