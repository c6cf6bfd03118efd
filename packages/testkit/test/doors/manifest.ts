/** What stands in the `package.json` of a provider. */
export function manifestOf(id: string, name: string): { readonly fallthrough: object } {
  const status = { state: "active", checked: "2026-01-01" };
  return { fallthrough: { specificationVersion: 1, id, name, status, models: [{ id: `${id}-1` }] } };
}
