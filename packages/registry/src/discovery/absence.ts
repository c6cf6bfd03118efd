import { ChatError, type ChatProvider } from "@fallthrough/core";

/** Why a provider is not among those that `auto` asks. */
export interface Absence {
  /** What is missing, after the name of the provider: "needs GROQ_API_KEY" for example. */
  readonly reason: string;
  /** Where to get what is missing. */
  readonly page?: string | undefined;
  /** What to do about it. */
  readonly fix?: string | undefined;
  /** Whether it can be asked by its name all the same. */
  readonly askable: boolean;
}

/** A provider that may be absent. */
interface Present {
  /** Why `auto` does not ask it now. */
  readonly absence?: (() => Absence | undefined) | undefined;
}

/** How many absent providers an error names at most. */
const MOST_TOLD = 6;

/** Whether this provider may be absent at one time and there at another. */
export function mayBeAbsent(provider: ChatProvider): boolean {
  return (provider as Present).absence !== undefined;
}

/** Why `auto` does not ask this provider now; `undefined` where it does. */
export function absenceOf(provider: ChatProvider): Absence | undefined {
  return (provider as Present).absence?.();
}

/** What is missing, and where to get it. */
export function formatAbsence({ reason, page }: Absence): string {
  return page === undefined ? reason : `${reason}, see ${page}`;
}

/** The error of a call that names nobody, where nobody is there. */
export function nobodyPresent(providers: readonly ChatProvider[]): ChatError {
  const absent = providers.flatMap((provider) => {
    const absence = absenceOf(provider);
    return absence === undefined
      ? []
      : [{ askable: absence.askable, told: `${provider.id} ${formatAbsence(absence)}` }];
  });
  // getting a key and starting a program are two ways out, so the error names some of each
  const told = [true, false].flatMap((askable) =>
    absent.filter((one) => one.askable === askable).slice(0, MOST_TOLD / 2),
  );
  const more = absent.length > told.length ? `; ${absent.length - told.length} more` : "";
  const list = told.map((one) => one.told).join("; ");
  return new ChatError(
    "config",
    `no provider can be asked yet, expected a local server or a key: ${list}${more}`,
    { fix: "Start one of these servers, or set one of these keys in the environment." },
  );
}
