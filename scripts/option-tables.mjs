import { formatFieldTable } from "./field-table.mjs";

const SETTINGS = "packages/core/src/contract/settings.ts";
const CONTRACT = "packages/core/src/contract/contract.ts";
const CHAIN = "packages/registry/src/chain/chain-options.ts";
const GATEWAY = "packages/gateway/src/gateway-options.ts";

/** Markdown table of the settings that the factory of every provider takes. */
export function formatSettingsTable() {
  return formatFieldTable([
    [SETTINGS, "CommonSettings"],
    [SETTINGS, "ProviderSettings"],
  ]);
}

/** Markdown table of the timers of a call and of a chain. */
export function formatTimeoutTable() {
  return formatFieldTable([
    [CONTRACT, "CallTimeouts"],
    [CONTRACT, "ChainTimeouts"],
  ]);
}

/** Markdown table of the limits of one answer, with their numbers. */
export async function formatLimitTable() {
  const { DEFAULT_LIMITS } = await import(new URL("../packages/core/dist/index.js", import.meta.url).href);
  return formatFieldTable(
    [
      ["packages/core/src/contract/defaults.ts", "Limits"],
      [SETTINGS, "InstanceLimits"],
    ],
    DEFAULT_LIMITS,
  );
}

/** Markdown table of the options of a registry and its chain. */
export function formatRegistryTable() {
  return formatFieldTable([
    ["packages/registry/src/names/registry.ts", "RegistryOptions"],
    [CHAIN, "ChainOptions"],
  ]);
}

/** Markdown table of the keys of a configuration file. */
export function formatConfigurationTable() {
  return formatFieldTable([["packages/cli/src/config.ts", "Config"]]);
}

/** Markdown table of what the key `serve` of a configuration takes. */
export function formatGatewayTable() {
  return formatFieldTable([
    [GATEWAY, "GatewayServerOptions"],
    ["packages/gateway/src/access.ts", "AccessOptions"],
    [GATEWAY, "GatewayOptions"],
  ]);
}
