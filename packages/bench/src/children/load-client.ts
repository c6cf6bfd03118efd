import type { CreateClient } from "../client.ts";
import { loadPeer } from "../peers.ts";

/** Loads one client alone, so that a fresh process holds nothing of the others. */
export async function loadClient(name: string): Promise<CreateClient> {
  switch (name) {
    case "floor-min":
    case "floor-min again":
      return (await import("../floors/min.ts")).createFloorMin;
    case "floor-fast":
      return (await import("../floors/fast.ts")).createFloorFast;
    case "provider, chat()":
      return (await import("../clients/provider.ts")).createChatClient;
    case "registry, 3 candidates": {
      const { createRegistryClient } = await import("../clients/registry.ts");
      return (baseURL) => createRegistryClient(baseURL, 3);
    }
    default:
      return (await loadPeer(name)).create;
  }
}
