import { formatAbsence } from "@fallthrough/registry/discover";
import { loadApplication, noteAbsent, noteProblems } from "./application.ts";
import { describeLimits } from "./limits.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";
import type { StateOptions } from "./state.ts";

/** The options of the commands that list something. */
export interface ListOptions extends StateOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** Whether the list is printed as JSON. */
  readonly json?: boolean | undefined;
  /** Whether those are listed too that are not there. */
  readonly all?: boolean | undefined;
}

/** Lists every reference that can be asked for, with the names it answers to, and the application's aliases. */
export async function models(shell: Shell, output: Output, options: ListOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  const { registry } = application;
  noteProblems(output, application);
  const listings = await registry.listModels({ signal: shell.signal });
  const absent = options.all ? registry.absent() : [];
  const rows = registry.providers().flatMap(({ id, status }) => {
    const own = listings.filter(({ provider }) => provider === id);
    if (own.length === 0)
      return [
        {
          reference: id,
          row: [`${id}/...`, "any model of the server", status.state],
          data: { reference: `${id}/...`, provider: id, status: status.state },
        },
      ];
    return own.map((listing) => ({
      reference: listing.reference,
      row: [listing.reference, listing.model.aliases?.join(", ") ?? "", status.state],
      data: { ...listing, status: status.state },
    }));
  });
  const left = await Promise.all(rows.map(({ reference }) => describeLimits(registry, reference)));
  if (options.json) {
    const named = Object.entries(registry.aliases()).map(([name, targets]) => ({ alias: name, targets }));
    const others = absent.map(({ provider, reason, page, fix }) => ({
      provider: provider.id,
      reason,
      page,
      fix,
    }));
    const limits = (place: number) => (left[place] ? { left: left[place] } : {});
    output.json([...rows.map(({ data }, place) => ({ ...data, ...limits(place) })), ...named, ...others]);
    return EXIT.answered;
  }
  const aliases = Object.entries(registry.aliases()).map(([name, targets]) => [
    name,
    targets.join(", "),
    "alias",
  ]);
  const others = absent.map(({ provider, ...absence }) => [
    `${provider.id}/...`,
    formatAbsence(absence),
    "not there",
  ]);
  const isLimited = left.some((one) => one !== "");
  const models = rows.map(({ row }, place) => (isLimited ? [...row, left[place] ?? ""] : row));
  if (models.length + others.length > 0) {
    const columns = ["model", "stands for", "status", ...(isLimited ? ["left"] : [])];
    output.table(columns, [...models, ...aliases, ...others]);
  }
  noteAbsent(output, application, options.all);
  return EXIT.answered;
}
