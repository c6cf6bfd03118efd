/** Several servers that are asked in turn until one answers. */
export interface Chain {
  /** Makes ready for one call, outside what is measured; the function asks. */
  prepare(): () => AsyncIterable<string>;
  close?: (() => Promise<void>) | undefined;
}

/** Makes a chain over base URLs; `stalls` where the first of them never answers. */
export type CreateChain = (baseURLs: readonly string[], stalls: boolean) => Chain;
