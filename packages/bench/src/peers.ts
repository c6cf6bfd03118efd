import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CreateChain } from "./chain.ts";
import type { CreateClient } from "./client.ts";

/** The adapter of another client, a module in the folder `peers`. */
export interface Peer {
  readonly create: CreateClient;
  /** Absent where the client knows no second server. */
  readonly createChain?: CreateChain | undefined;
}

// `src` and `dist` lie side by side, so this is right for both
const FOLDER = new URL("../peers/", import.meta.url);

/** The other clients, by the names of their adapters. */
export const PEERS: readonly string[] = [
  "openai",
  "ai-sdk-do-stream",
  "ai-sdk-stream-text",
  "langchain",
  "tanstack",
  "ai-fallback",
  "ai-retry",
];

/** Whether the other clients are installed; they are no part of the workspace. */
export function peersInstalled(): boolean {
  return existsSync(fileURLToPath(new URL("node_modules", FOLDER)));
}

/** The address of an adapter. */
export function peerURL(name: string): string {
  return new URL(`${name}.mjs`, FOLDER).href;
}

/** Loads the adapter of one other client. */
export async function loadPeer(name: string): Promise<Peer> {
  if (!PEERS.includes(name)) throw new Error(`unknown client "${name}"; known: ${PEERS.join(", ")}`);
  return import(peerURL(name));
}
