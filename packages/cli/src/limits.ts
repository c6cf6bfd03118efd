import type { Registry } from "@fallthrough/registry";

/** What is left of the limits behind a reference, with who says so: "12 of 30 requests left this minute (...)". */
export async function describeLimits(registry: Registry, reference: string): Promise<string> {
  const steps = await registry.explain(reference);
  const limits = steps.flatMap((step) => {
    if (step.type !== "candidate") return [];
    const { key, limits = [] } = step;
    return limits.map(({ text }) => (key === undefined ? text : `key ${key.position}: ${text}`));
  });
  return limits.join(", ");
}
