import { ChatError, type ChatProvider, type ChatRequest, type StreamPart } from "@fallthrough/core";
import { callOf, providerCard } from "@fallthrough/core/internal";
import {
  createChain,
  createMemoryHealth,
  createRegistry,
  type HealthStore,
  type Registry,
} from "@fallthrough/registry";
import { ServiceFailure } from "../engine/behaviour.ts";
import type { Asker, Contestant } from "../engine/contestant.ts";
import type { Service } from "../engine/service.ts";
import type { Call, World } from "../engine/world.ts";

/** The real registry with the real health store in memory. */
export const fallthrough: Contestant = {
  name: "fallthrough",
  create: (world) => createFallthrough(world, createMemoryHealth()),
};

/** The real registry over this health store: the only file that knows it. */
export function createFallthrough(world: World, health: HealthStore): Asker {
  const calls = new Map<string, Call>();
  const tenants = new Map(
    [...new Set(world.services.map(({ tenant }) => tenant))].map((tenant) => [
      tenant,
      createTenant(world, tenant, health, calls),
    ]),
  );

  return {
    async ask(call, onText) {
      const { tenant } = world.serviceOf(call.route[0] ?? "");
      const registry = tenants.get(tenant) as Registry;
      const content = String(call.number);
      calls.set(content, call);
      try {
        for await (const part of registry.chat({
          model: nameOf(call.route),
          messages: [{ role: "user", content }],
          signal: call.signal,
        })) {
          if (part.type === "text-delta") onText();
          if (part.type !== "finish") continue;
          const { provider, model } = part.route ?? {};
          const by = world.services.find(
            (service) =>
              service.tenant === tenant && service.provider === provider && service.model === model,
          );
          if (by !== undefined) return by.id;
        }
        throw new Error("the answer ended without telling who gave it");
      } finally {
        calls.delete(content);
      }
    },
    async close() {
      for (const registry of tenants.values()) await registry.close();
    },
  };
}

function createTenant(
  world: World,
  tenant: string,
  health: HealthStore,
  calls: ReadonlyMap<string, Call>,
): Registry {
  const services = world.services.filter((service) => service.tenant === tenant);
  const providers = new Map<string, ChatProvider>();
  for (const { provider, group } of services) {
    if (group === undefined && !providers.has(provider)) {
      const own = services.filter((service) => service.provider === provider);
      providers.set(provider, createProvider(world, own, calls));
    }
    if (group !== undefined && !providers.has(group)) {
      const own = services.filter((service) => service.group === group);
      const inner = own.map((service) => createProvider(world, [service], calls));
      providers.set(group, createChain(inner, { id: group, health }));
    }
  }
  const routes = routesOf(world, services);
  return createRegistry({
    providers: [...providers.values()],
    aliases: Object.fromEntries(routes.map((route) => [nameOf(route), referencesOf(world, route)])),
    health,
  });
}

/** An alias cannot hold what no caller asks for, so there is one for each route. */
function routesOf(world: World, services: readonly Service[]): readonly (readonly string[])[] {
  const own = new Set(services.map(({ id }) => id));
  return world.routes.filter((route) => route.every((id) => own.has(id)));
}

function nameOf(route: readonly string[]): string {
  return `route-${route.join("-")}`;
}

function referencesOf(world: World, route: readonly string[]): string[] {
  const references = route.map((id) => {
    const { group, provider, model } = world.serviceOf(id);
    return group ?? `${provider}/${model}`;
  });
  return [...new Set(references)];
}

/** One provider whose models these services are. */
function createProvider(
  world: World,
  services: readonly Service[],
  calls: ReadonlyMap<string, Call>,
): ChatProvider {
  const [{ provider, origin, key } = { provider: "none" }] = services;
  const fallthrough = {
    specificationVersion: 1,
    id: provider,
    name: provider,
    status: { state: "active", checked: "2026-01-01" },
    models: services.map(({ model }) => ({ id: model })),
  };
  return {
    ...providerCard(
      { fallthrough },
      { baseURL: origin, headers: key === undefined ? undefined : { authorization: key } },
    ),
    stream(request) {
      const service = services.find(({ model }) => model === request.model) ?? services[0];
      const call = calls.get(String(request.messages[0]?.content));
      if (service === undefined || call === undefined) throw new Error("nobody asked this");
      return answer(world, service, call, request);
    },
  };
}

async function* answer(
  world: World,
  service: Service,
  call: Call,
  { signal = call.signal }: ChatRequest,
): AsyncGenerator<StreamPart, void> {
  let headed = false;
  try {
    for await (const piece of world.ask(service, call, signal)) {
      // what an HTTP client does with the head of each answer
      if (!headed) callOf(signal)?.observer?.headed?.(service.headers?.() ?? {});
      headed = true;
      if (piece === "text") yield { type: "text-delta", delta: "word " };
    }
  } catch (error) {
    throw error instanceof ServiceFailure ? toChatError(error, service) : error;
  }
  yield { type: "finish", finishReason: "stop" };
}

function toChatError({ failure, message }: ServiceFailure, { id, origin }: Service): ChatError {
  const { code, status, retryAfterMs, systemCode } = failure;
  const cause = systemCode && Object.assign(new Error(message), { code: systemCode, syscall: "connect" });
  const phase = code === "network" ? "connect" : "headers";
  return new ChatError(code, `the service failed: ${message}`, {
    status,
    retryAfterMs,
    origin: origin ?? `https://${id}.example`,
    phase,
    ...(cause ? { cause } : {}),
  });
}
