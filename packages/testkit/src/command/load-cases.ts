import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { fieldsOf, textOf } from "@fallthrough/core/provider";
import { nearestManifest } from "../conformance/nearest-manifest.ts";
import type { PeerSuite } from "../conformance/peer-suite.ts";
import type { Declaration, ProviderSuite, SuiteExchange } from "../conformance/suite.ts";
import { peerCases, providerCases, type SuiteCases } from "../conformance/suite-cases.ts";
import { readRecording } from "../recording.ts";
import type { Order } from "./read-order.ts";

type Exports = Readonly<Record<string, unknown>>;
type Factory = (settings?: ProviderSettings) => ChatProvider;

/**
 * The cases of a module: those of the suite that it exports, or of one made of its factory and the recorded answers.
 *
 * @throws where there is neither
 */
export async function loadCases(order: Order): Promise<SuiteCases> {
  const file = resolve(order.module);
  const exported = await importFile(file, order.module);
  const suite = exported["suite"];
  if (isPeerSuite(suite)) return peerCases(suite);
  const whole = isProviderSuite(suite) ? suite : suiteOf(findFactory(exported, file, order.module), order);
  return providerCases(whole, file);
}

async function importFile(file: string, name: string): Promise<Exports> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${name} cannot be imported: ${reason}`, { cause });
  }
}

/** The factory that the manifest names, or the only one. */
function findFactory(exported: Exports, file: string, name: string): Factory {
  const { fallthrough } = nearestManifest(file);
  const named = exported[textOf(fieldsOf(fallthrough)["factory"])];
  const factories = Object.entries(exported).filter(
    ([key, value]) => key.startsWith("create") && typeof value === "function",
  );
  const factory = typeof named === "function" ? named : factories.length === 1 && factories[0]?.[1];
  if (typeof factory === "function") return factory as Factory;
  throw new Error(
    `${name} exports ${factories.length} functions named "create…", expected one, the one that \`fallthrough.factory\` of package.json names, or \`suite\``,
  );
}

function suiteOf(create: Factory, { exchanges, reply, model, declare }: Order): ProviderSuite {
  if (exchanges.length === 0 || reply === undefined) {
    throw new Error(
      "no answer of the server was given, expected --exchange <file> and --reply <text>, or a module that exports `suite`",
    );
  }
  return {
    create,
    exchanges: exchanges.map(readExchange),
    reply,
    declare: declare as Declaration,
    request: model === undefined ? {} : { model },
  };
}

function readExchange(file: string): SuiteExchange {
  return file.endsWith(".txt") ? readRecording(file) : readFileSync(file);
}

function isPeerSuite(value: unknown): value is PeerSuite {
  return typeof (value as Partial<PeerSuite> | undefined)?.start === "function";
}

function isProviderSuite(value: unknown): value is ProviderSuite {
  return typeof (value as Partial<ProviderSuite> | undefined)?.create === "function";
}
