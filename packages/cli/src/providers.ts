import { absenceOf } from "@fallthrough/registry/discover";
import { loadApplication, noteAbsent, noteProblems } from "./application.ts";
import type { ListOptions } from "./models.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";
import type { Span } from "./span.ts";

/** Lists the installed providers: what was accepted, from where, and why. */
export async function providers(shell: Shell, output: Output, options: ListOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  const found = application.providers.filter((provider) => options.all || absenceOf(provider) === undefined);
  if (options.json) {
    output.json(found);
    return EXIT.answered;
  }

  const rows = found.map(({ id, source, status }): Span[] => [
    { text: id, style: "bold" },
    `${source.package}@${source.version}`,
    `${status.state}, ${status.checked}`,
    source.reason,
    source.path,
  ]);
  if (rows.length > 0)
    output.table(["provider", "package", "author's claim", "accepted because", "path"], rows);
  noteAbsent(output, application, options.all);
  return EXIT.answered;
}
