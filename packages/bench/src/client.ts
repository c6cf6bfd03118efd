/** Something that can be asked for an answer. */
export interface Client {
  /** Asks, and gives the text piece by piece. */
  stream(): AsyncIterable<string>;
  /** Asks for an answer that comes as one JSON value, and gives its text. */
  whole(): Promise<string>;
  close?: (() => Promise<void>) | undefined;
}

/** Makes a client of what listens at a base URL. */
export type CreateClient = (baseURL: string) => Client;

/** What every client is asked to send. */
export const PROMPT = "Why is the sky blue?";
/** The model that every client names. */
export const MODEL = "bench-model";
