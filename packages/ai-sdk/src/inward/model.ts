/** A language model of the AI SDK, of version 2, 3 or 4 of its specification: of `ai` 5, 6 or 7. */
export interface AISDKModel {
  /** The version of the specification. */
  readonly specificationVersion: "v2" | "v3" | "v4";
  /** The vendor, and mostly its protocol: `openai.responses`. */
  readonly provider: string;
  /** The name of the model at its vendor. */
  readonly modelId: string;
  /** The addresses that the model fetches by itself. */
  readonly supportedUrls: PromiseLike<UrlPatterns> | UrlPatterns;
  /** Asks for an answer in parts. */
  doStream(options: never): PromiseLike<{
    /** The parts. */
    readonly stream: ReadableStream<unknown>;
    /** The head of the answer. */
    readonly response?: { readonly headers?: Readonly<Record<string, string>> | undefined } | undefined;
  }>;
}

/** Addresses by media type. */
export type UrlPatterns = Readonly<Record<string, readonly RegExp[]>>;

/** Whether a model of this version of the specification tags the data of files. */
export function tagsData({ specificationVersion }: AISDKModel): boolean {
  return specificationVersion === "v4";
}
