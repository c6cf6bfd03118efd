import { isIP } from "node:net";
import { generate } from "selfsigned";

/** What a certificate claims. */
export interface CertificateOptions {
  /** Host names and IP addresses. @default ["localhost", "127.0.0.1"] */
  readonly names?: readonly string[] | undefined;
  /** The first moment at which it is valid. @default an hour ago */
  readonly validFrom?: Date | undefined;
  /** The last moment at which it is valid. @default in an hour */
  readonly validTo?: Date | undefined;
}

/** PEM texts, as TLS servers take them; a client trusts the certificate when it is among its authorities. */
export interface Certificate {
  /** The private key. */
  readonly key: string;
  /** The certificate. */
  readonly cert: string;
}

const HOUR = 60 * 60 * 1000;

/** Makes a self-signed certificate with a key of its own: valid, expired, or for another name. */
export async function createCertificate(options: CertificateOptions = {}): Promise<Certificate> {
  const { names = ["localhost", "127.0.0.1"] } = options;
  const { validFrom = new Date(Date.now() - HOUR), validTo = new Date(Date.now() + HOUR) } = options;

  const { private: key, cert } = await generate([{ name: "commonName", value: "testkit" }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: validFrom,
    notAfterDate: validTo,
    extensions: [{ name: "subjectAltName", altNames: names.map(altName) }],
  });
  return { key, cert };
}

function altName(name: string): { type: 2; value: string } | { type: 7; ip: string } {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}
