import { ChatError, type StreamPart } from "@fallthrough/core";
import { type Forward, type ForwardCall, findModel, forwardOf } from "@fallthrough/core/internal";
import { quote, wrapProvider } from "@fallthrough/core/provider";
import type { Candidate } from "../chain/candidate.ts";
import { formatCandidate } from "./references.ts";
import { withModel } from "./with-model.ts";

/**
 * Those of the candidates that pass a request on, each as a provider whose text is the body of its answer.
 *
 * So the chain, its health and its limits are those of chats. Vectors of two models cannot be compared, so embeddings are
 * asked of one model only; @throws `unsupported` where nobody passes it on
 */
export function forwardingCandidates(
  candidates: readonly Candidate[],
  call: ForwardCall,
): readonly Candidate[] {
  const able = candidates.flatMap((candidate) => {
    const forward = forwardOf(candidate.provider);
    return forward === undefined ? [] : [forwarding(candidate, forward, call)];
  });
  const [first] = able;
  if (first === undefined) {
    const names = candidates.map(formatCandidate).join(", ");
    throw new ChatError("unsupported", `nobody serves ${call.path}, expected another provider than ${names}`);
  }
  return call.path === "/embeddings" ? able.filter((one) => isSameModel(one, first)) : able;
}

function forwarding(candidate: Candidate, forward: Forward, { path, body, stream }: ForwardCall): Candidate {
  const { provider } = candidate;

  async function* passOn(
    model: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StreamPart, void> {
    if (model === undefined) {
      const example = quote(`${provider.id}/...`);
      throw new ChatError("bad-request", `the request names no model of ${provider.id}, expected ${example}`);
    }
    for await (const delta of forward({ path, body: withModel(body, model), stream, signal })) {
      yield { type: "text-delta", delta };
    }
    yield { type: "finish", finishReason: "stop" };
  }

  const forwarder = wrapProvider(provider, { stream: (_, { model, signal }) => passOn(model, signal) });
  return { ...candidate, provider: forwarder };
}

/** Whether one is known by a name of the other. */
function isSameModel(one: Candidate, other: Candidate): boolean {
  const names = namesOf(other);
  return namesOf(one).some((name) => names.includes(name));
}

function namesOf({ provider, model }: Candidate): readonly (string | undefined)[] {
  return [model, ...(findModel(provider, model)?.aliases ?? [])];
}
