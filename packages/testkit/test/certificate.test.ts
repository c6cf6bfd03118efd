import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { type CertificateOptions, createCertificate } from "../src/certificate.ts";
import { startFaultServer } from "../src/fault-server.ts";

test("a certificate names its hosts, its addresses and its time", async () => {
  const validFrom = new Date("2026-01-02T03:04:05Z");
  const validTo = new Date("2027-01-02T03:04:05Z");

  const { cert } = await createCertificate({ names: ["chat.example", "127.0.0.1"], validFrom, validTo });

  const certificate = new X509Certificate(cert);
  expect(certificate.subjectAltName).toBe("DNS:chat.example, IP Address:127.0.0.1");
  expect(certificate.validFrom).toBe("Jan  2 03:04:05 2026 GMT");
  expect(certificate.validTo).toBe("Jan  2 03:04:05 2027 GMT");
  expect(certificate.verify(certificate.publicKey)).toBe(true);
});

const expired = { validFrom: new Date("2020-01-01"), validTo: new Date("2020-01-02") };

test.each<[string, CertificateOptions, boolean, string | undefined]>([
  ["a trusted one", {}, true, undefined],
  ["an unknown one", {}, false, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["an expired one", expired, true, "CERT_HAS_EXPIRED"],
  ["one for another name", { names: ["other.example"] }, true, "ERR_TLS_CERT_ALTNAME_INVALID"],
])("a client judges %s as it judges any other", async (_name, options, trusted, code) => {
  const { key, cert } = await createCertificate(options);
  const server = await startFaultServer([[{ hold: true }]], { tls: { key, cert } });

  const socket = connect({ port: server.port, host: "127.0.0.1", ...(trusted ? { ca: cert } : {}) });
  const outcome = await once(socket, "secureConnect").then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
  socket.destroy();
  await server.close();

  expect(outcome).toBe(code);
});
