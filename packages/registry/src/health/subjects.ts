import type { HealthFailure, HealthSubject } from "./health.ts";

/** What a failure may speak of, but for what a call needs. */
export type Scope = Exclude<HealthFailure["scope"], "need">;

/** An instance of a provider. */
export type Instance = Omit<HealthSubject, "model">;

/** All scopes, the narrowest first. */
export const SCOPES: readonly Scope[] = ["model", "key", "provider", "origin"];

/** A name for the instance, which no other instance has. */
export function instanceOf({ provider, origin = "", key = "" }: Instance): string {
  return `${provider} ${origin} ${key}`;
}

/** The key of what is remembered of one scope; `server` is the one that the provider talks to, where that is known. */
export function scopeKey(subject: HealthSubject, scope: Scope, server: string | undefined): string {
  if (scope === "model") return `${modelPrefix(subject)}${subject.model ?? ""}`;
  return scope === "origin" && server !== undefined ? `origin:${server}` : `${scope}:${instanceOf(subject)}`;
}

/** What the keys of all models of an instance begin with. */
export function modelPrefix(instance: Instance): string {
  return `model:${instanceOf(instance)}/`;
}

/** What the keys of all refused needs of an instance begin with. */
export function needPrefix(instance: Instance): string {
  return `need:${instanceOf(instance)}/`;
}

/** The key of what is remembered of a model that refuses a need. */
export function needKey(subject: HealthSubject, need: string): string {
  return `${needPrefix(subject)}${subject.model ?? ""} ${need}`;
}

/** What a refusal may be about that stops this call: each need, and all of them together. */
export function refusableNeeds(subject: HealthSubject): readonly string[] {
  const { needs = [] } = subject;
  return needs.length > 1 ? [...needs, wholeNeed(subject)] : needs;
}

/** All that a call needs, as one. */
export function wholeNeed({ needs = [] }: HealthSubject): string {
  return needs.join("+");
}

/** A server, without the base path. */
export function serverOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin;
}
