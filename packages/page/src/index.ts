import { buildPage } from "../build-page.mjs";

/** The page that a gateway shows at `/`. */
export interface Page {
  /** The whole document. */
  readonly html: string;
  /** What a browser may do with it: run this script, use this style, and ask this gateway. */
  readonly contentSecurityPolicy: string;
}

/** The page, made from its sources; the build of this package holds what is made. */
export const PAGE: Page = await buildPage();
