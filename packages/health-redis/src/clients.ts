/** What is asked of a client of Redis or Valkey: to run a script. */
export interface ScriptClient {
  /** Runs the script of this SHA-1; rejects with the server's own words, `NOSCRIPT` where it does not know it. */
  evalsha(sha: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Runs a script, which the server knows from then on. */
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

interface NodeRedis {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

interface Ioredis {
  evalsha(sha: string, count: number, ...words: string[]): Promise<unknown>;
  eval(script: string, count: number, ...words: string[]): Promise<unknown>;
}

/** Takes a client, cluster or pool of the package `redis` or `@redis/client`. */
export function fromRedis(client: NodeRedis): ScriptClient {
  return {
    evalsha: (sha, keys, args) => client.evalSha(sha, { keys: [...keys], arguments: [...args] }),
    eval: (script, keys, args) => client.eval(script, { keys: [...keys], arguments: [...args] }),
  };
}

/** Takes a client or cluster of the package `ioredis`. */
export function fromIoredis(client: Ioredis): ScriptClient {
  return {
    evalsha: (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
    eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
  };
}

/** Takes a client or cluster of the package `iovalkey`. */
export function fromIovalkey(client: Ioredis): ScriptClient {
  return fromIoredis(client);
}
