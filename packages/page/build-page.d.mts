import type { Page } from "./src/index.ts";

/** Builds the page: one HTML text with its script and its style, and the policy that lets nothing else run. */
export function buildPage(): Promise<Page>;
