import { connect } from "node:net";

/** Which servers of this machine listen. */
export interface Listeners {
  /** Adds the server of this provider to those that are looked at. */
  add(id: string, baseURL: string): void;
  /** Gives each address to the first of these providers that expects its server there. */
  assign(ids: readonly string[]): void;
  /** Whose server it is that listens there, if any does. */
  ownerOf(baseURL: string): string | undefined;
  /** Connects to each server that is not known to listen, within a bound. Nothing is sent. */
  look(): Promise<void>;
  /** Whether somebody listens there. Where nobody did it looks again, for whoever asks next. */
  isListening(baseURL: string): boolean;
}

/** The longest that a connection to this machine may take, in milliseconds. */
const CONNECT_MS = 300;
/** After so long a server that did not listen is looked at again, in milliseconds. */
const LOOK_AGAIN_MS = 10_000;

/** The listeners among the servers that are added. */
export function createListeners(): Listeners {
  const listening = new Map<string, boolean>();
  const addresses = new Map<string, string>();
  const owners = new Map<string, string>();
  let looked = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    looked = performance.now();
    const silent = [...listening.keys()].filter((address) => !listening.get(address));
    const check = async (address: string) => {
      if (await connects(address)) listening.set(address, true);
    };
    await Promise.all(silent.map(check));
  }

  return {
    add(id, baseURL) {
      addresses.set(id, addressOf(baseURL));
    },
    assign(ids) {
      for (const id of ids) {
        const address = addresses.get(id);
        if (address === undefined || owners.has(address)) continue;
        owners.set(address, id);
        listening.set(address, false);
      }
    },
    ownerOf: (baseURL) => owners.get(addressOf(baseURL)),
    look,
    isListening(baseURL) {
      if (listening.get(addressOf(baseURL))) return true;
      if (performance.now() - looked > LOOK_AGAIN_MS) void look();
      return false;
    },
  };
}

/** Host and port of a server. */
export function addressOf(baseURL: string): string {
  return new URL(baseURL).host;
}

function connects(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: Number(port || 80), timeout: CONNECT_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
