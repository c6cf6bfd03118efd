import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** Keeps a text from everybody who has not its key. */
export interface Seal {
  /** The sealed text. */
  close(text: string): string;
  /** The text; `undefined` for what was sealed with another key, or changed. */
  open(sealed: string): string | undefined;
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A seal with a key made from a text; without one it opens nothing of another process. */
export function createSeal(secret?: string): Seal {
  const key = secret === undefined ? randomBytes(32) : createHash("sha256").update(secret).digest();
  return {
    close(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce);
      const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), bytes]).toString("base64url");
    },

    open(sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        const text = Buffer.concat([
          decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
          decipher.final(),
        ]);
        return text.toString();
      } catch {
        return undefined;
      }
    },
  };
}
