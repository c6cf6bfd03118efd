import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { discoverProviders } from "../src/discovery/discover-providers.ts";
import { createRegistry } from "../src/names/registry.ts";
import { imports, installed, manifest, providerManifest, writeFiles } from "./application.ts";

// what discovery may do to the application that it looks at; what it finds there is in discover-providers.alone.test.ts

const APPLICATION = {
  "package.json": manifest("provider-toy", "provider-absent"),
  ...installed("toy"),
  ...installed("undeclared"),
  // a dependency of a dependency, where a hoisting package manager puts it
  "node_modules/provider-toy/package.json": {
    ...providerManifest("toy"),
    dependencies: { "provider-undeclared": "*" },
    scripts: { install: "node index.js", postinstall: "node index.js" },
  },
};

test("finding, listing, resolving and explaining open no connection, install nothing and run nothing", async () => {
  const from = writeFiles(APPLICATION);
  const before = readdirSync(from, { recursive: true });
  const ran = imports().length;
  let sockets = 0;
  const count = (): void => {
    sockets++;
  };
  subscribe("net.client.socket", count);
  try {
    const { providers, problems } = await discoverProviders({ from });
    const registry = createRegistry({ providers });
    registry.models();
    registry.resolve("toy");
    await registry.explain("toy");

    expect(providers.map(({ id }) => id)).toEqual(["toy"]);
    expect(problems.map((problem) => problem.package)).toEqual(["provider-absent"]);
  } finally {
    unsubscribe("net.client.socket", count);
  }

  expect(sockets).toBe(0);
  expect(imports()).toHaveLength(ran);
  expect(readdirSync(from, { recursive: true })).toEqual(before);
});

test.each([
  ["by id", ["toy"], ["toy"]],
  ["by package", ["provider-toy"], ["provider-toy"]],
  ["by id where the package is allowed", ["provider-toy"], ["toy"]],
  ["by package where the id is allowed", ["toy"], ["provider-toy"]],
])(
  "who is denied %s is left out, though it is allowed, declared, first in order and has settings",
  async (_, allow, deny) => {
    const from = writeFiles(APPLICATION);

    const { providers } = await discoverProviders({
      from,
      allow,
      deny,
      order: ["toy"],
      settings: { toy: {} },
    });

    expect(providers).toEqual([]);
  },
);

test("who is not allowed is left out, and being allowed does not stand for being declared", async () => {
  const from = writeFiles(APPLICATION);

  const others = await discoverProviders({ from, allow: ["undeclared", "provider-undeclared"] });

  expect(others.providers).toEqual([]);
});

test("every provider that is found says from where, in which version and why", async () => {
  const from = writeFiles(APPLICATION);

  const { providers } = await discoverProviders({ from });

  expect(providers[0]?.source).toEqual({
    package: "provider-toy",
    version: "1.2.3",
    path: `${from}/node_modules/provider-toy`,
    reason: "dependencies of my-app",
  });
});
