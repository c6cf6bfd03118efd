import { findGateway, type GatewayOptions } from "../gateway-client.ts";
import type { Output } from "../output.ts";
import type { Shell } from "../shell.ts";
import type { AgentGateway } from "./agents.ts";

/** What the command line says about the gateway. */
export interface AddressOptions extends Pick<GatewayOptions, "config" | "url"> {
  /** The model that the program asks for. @default "auto" */
  readonly model?: string | undefined;
}

/** Where `serve` listens, with this command line and configuration. */
export async function gatewayAddress(
  shell: Shell,
  output: Output,
  { model = "auto", ...options }: AddressOptions,
): Promise<AgentGateway> {
  const { url, token } = await findGateway(shell, output, options);
  return { baseURL: url, model, token };
}
