import { loadApplication, noteProblems } from "./application.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";

/** The options of the commands that list something. */
export interface ListOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** Whether the list is printed as JSON. */
  readonly json?: boolean | undefined;
}

/** Lists every reference that can be asked for, with the names it answers to, and the application's aliases. */
export async function models(shell: Shell, output: Output, options: ListOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  const { registry, providers } = application;
  noteProblems(output, application);
  if (options.json) {
    output.json(registry.models());
    return EXIT.answered;
  }

  const rows = providers.flatMap(({ id, models, status }) => {
    const listed = models.length === 0 ? [{ id: "...", aliases: ["any model of the server"] }] : models;
    return listed.map((model) => [`${id}/${model.id}`, model.aliases?.join(", ") ?? "", status.state]);
  });
  const aliases = Object.entries(registry.aliases()).map(([name, targets]) => [
    name,
    targets.join(", "),
    "alias",
  ]);
  if (rows.length > 0) output.table(["model", "stands for", "status"], [...rows, ...aliases]);
  return EXIT.answered;
}
