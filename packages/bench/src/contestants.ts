import type { Bench, Contestant } from "./bench.ts";
import { createFakegptClient, createFakegptRegistryClient } from "./clients/fakegpt.ts";
import { createChatClient, createProviderClient } from "./clients/provider.ts";
import { createRegistryClient } from "./clients/registry.ts";
import { createCumulativeFast, createCumulativeMin } from "./floors/cumulative.ts";
import { createFloorFast } from "./floors/fast.ts";
import { createFloorMin } from "./floors/min.ts";
import { createFloorRaw } from "./floors/raw.ts";

/** What others are measured against. */
export const BASE = "floor-min";

/** The base a second time: how far it is from itself is how much noise there is. */
const AGAIN: Contestant = { name: "floor-min again", create: createFloorMin };

/** The floors of a chat completions stream. */
const FLOORS: readonly Contestant[] = [
  { name: BASE, create: createFloorMin },
  AGAIN,
  { name: "floor-raw", create: createFloorRaw, unparsed: true },
  { name: "floor-fast", create: createFloorFast },
];

/** This workspace's clients of a chat completions server. */
const OURS: readonly Contestant[] = [
  { name: "provider", create: createProviderClient },
  { name: "provider, chat()", create: createChatClient },
  { name: "registry, 1 candidate", create: (baseURL) => createRegistryClient(baseURL, 1) },
  { name: "registry, 3 candidates", create: (baseURL) => createRegistryClient(baseURL, 3) },
];

/** Everybody who reads a cumulative stream. */
export const CUMULATIVE: readonly Contestant[] = [
  { name: BASE, create: createCumulativeMin },
  { name: "floor-min again", create: createCumulativeMin },
  {
    name: "floor-raw",
    create: (baseURL) => createFloorRaw(baseURL, "/api/conversation"),
    unparsed: true,
  },
  { name: "floor-fast", create: createCumulativeFast },
  { name: "provider, chat()", create: createFakegptClient },
  { name: "registry, 1 candidate", create: createFakegptRegistryClient },
];

/** Tells nothing in the short set that others do not tell. */
const LEFT_OUT = "registry, 1 candidate";

/** The floors and this workspace's clients, some fewer in the short set. */
export function floorsAndOurs({ all }: Bench): readonly Contestant[] {
  return [...FLOORS, ...OURS].filter(({ name }) => all || name !== LEFT_OUT);
}
