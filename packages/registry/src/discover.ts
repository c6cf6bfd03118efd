export { type Absence, absenceOf, formatAbsence } from "./discovery/absence.ts";
export {
  type DiscoverOptions,
  type Discovery,
  discoverProviders,
} from "./discovery/discover-providers.ts";
export type { DiscoveredProvider, ProviderSource } from "./discovery/discovered-provider.ts";
export type { DiscoveryProblem } from "./discovery/left-out.ts";
export type { ProviderSettingsById } from "./discovery/offered-providers.ts";
export type { ServerSettings, Servers } from "./discovery/servers.ts";
