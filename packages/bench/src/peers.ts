import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bench } from "./bench.ts";
import type { CreateChain } from "./chain.ts";
import type { CreateClient } from "./client.ts";

/** The other clients that take part in a run. */
export type Peers = Pick<Bench, "peers" | "peerChains">;

/** The adapter of another client, a module in the folder `peers`. */
export interface Peer {
  readonly create: CreateClient;
  /** Absent where the client knows no second server. */
  readonly createChain?: CreateChain | undefined;
  /** Knows no call that is answered with one JSON value. @default false */
  readonly streamsOnly?: boolean | undefined;
}

// `src` and `dist` lie side by side, so this is right for both
const FOLDER = new URL("../peers/", import.meta.url);

/** The other clients, by the names of their adapters. */
const PEERS: readonly string[] = [
  "openai",
  "ai-sdk-do-stream",
  "ai-sdk-stream-text",
  "langchain",
  "tanstack",
];
/** Those of the short set: the fastest of them, and the one most in use. */
const SHORT_PEERS: readonly string[] = ["openai", "ai-sdk-stream-text"];
/** The other clients that fall over to another server. */
const PEER_CHAINS: readonly string[] = ["langchain", "ai-fallback", "ai-retry"];

/** Whether the other clients are installed; they are no part of the workspace. */
function peersInstalled(): boolean {
  return existsSync(fileURLToPath(new URL("node_modules", FOLDER)));
}

/** The address of an adapter. */
export function peerURL(name: string): string {
  return new URL(`${name}.mjs`, FOLDER).href;
}

/** Loads the adapter of one other client. */
export async function loadPeer(name: string): Promise<Peer> {
  if (PEERS.includes(name) || PEER_CHAINS.includes(name)) return import(peerURL(name));
  throw new Error(`unknown client "${name}"; known: ${PEERS.join(", ")}`);
}

/** Loads those that take part: none where they are not installed, and few in the short set. */
export async function loadPeers(all: boolean): Promise<Peers> {
  if (!peersInstalled()) return { peers: [], peerChains: [] };
  const peers = (all ? PEERS : SHORT_PEERS).map(async (name) => ({
    name,
    slow: true,
    ...(await loadPeer(name)),
  }));
  const peerChains = (all ? PEER_CHAINS : []).map(async (name) => {
    const { createChain: create } = await loadPeer(name);
    return create === undefined ? [] : [{ name, create }];
  });
  return { peers: await Promise.all(peers), peerChains: (await Promise.all(peerChains)).flat() };
}
