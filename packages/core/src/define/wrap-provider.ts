import type { ChatProvider, ChatRequest, StreamPart } from "../contract/contract.ts";

/** What runs between a provider and its caller. */
export interface ProviderMiddleware {
  /** The stream of one call; `next` asks the provider itself, with this request or a changed one. */
  stream(
    next: (request?: ChatRequest) => AsyncIterable<StreamPart>,
    request: ChatRequest,
  ): AsyncIterable<StreamPart>;
}

/**
 * A provider with something before it or after it: a log, a meter, a cache.
 *
 * Its result is guarded like any other provider, and a wrapped chain still records its attempts.
 *
 * @example
 * const logged = wrapProvider(provider, {
 *   async *stream(next, request) {
 *     for await (const part of next()) {
 *       if (part.type === "finish") console.log(request.model, part.usage);
 *       yield part;
 *     }
 *   },
 * });
 */
export function wrapProvider(provider: ChatProvider, { stream }: ProviderMiddleware): ChatProvider {
  const { specificationVersion, id, name, homepage, status, models, listModels, close } = provider;
  return {
    ...provider,
    // one by one, because an instance of a class may have them on its prototype
    specificationVersion,
    id,
    name,
    homepage,
    status,
    models,
    listModels: listModels?.bind(provider),
    close: close?.bind(provider),
    stream: (request: ChatRequest) => stream((changed = request) => provider.stream(changed), request),
  };
}
