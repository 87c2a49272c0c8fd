import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Alert } from "../alerts/alert.ts";
import type { Notification } from "../alerts/notification.ts";
import { parseMonitor } from "../file/parse-monitor.ts";
import { type DeliveryPorts, deliver, type Post } from "./deliver.ts";
import { type Attempt, afterAttempt, type Delivery, dueDeliveries, enqueue } from "./outbox.ts";

const NOW = Date.UTC(2026, 2, 20, 12);
const folder = mkdtempSync(join(tmpdir(), "esteira-delivery-"));
const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
let noCertificate: string | undefined;
beforeAll(() => {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  try {
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, ...subject],
      { stdio: "pipe" },
    );
  } catch (error) {
    noCertificate = `no certificate could be made: ${error}`;
  }
});
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const alert: Alert = {
  fingerprint: "f".repeat(16),
  rule: "late",
  labels: { typology: "T9 <coação>" },
  severity: "page",
  phase: "firing",
  cause: "breach",
  value: 1,
  since: NOW - 3_600_000,
  firedAt: NOW,
  resolvedAt: null,
  clearSince: null,
  missingSince: null,
};
const notification = (receiver: string, more: Partial<Notification> = {}): Notification => ({
  id: "a".repeat(32),
  receiver,
  severity: "page",
  at: NOW,
  status: "firing",
  repeated: false,
  alerts: [alert],
  ...more,
});
const deliveryTo = (receiver: string, more: Partial<Delivery> = {}): Delivery => ({
  notification: notification(receiver),
  diagnosis: { en: "A new scam: <coercion>.", "pt-BR": "Um golpe novo: <coação>." },
  attempts: 0,
  dueAt: NOW,
  ...more,
});

const fileWith = (receiver: string, more = "") =>
  parseMonitor(`version: 1
model: pix
ledger: l
reference: { file: r.parquet }
budget: { share: 0.01 }
${more}
rules:
  - { name: late, signal: typology_new, above: 0, severity: page, runbook: "https://wiki.example/late" }
receivers:
  it: ${receiver}
routes: [{ to: [it] }]
`);

const post: Post = async ({ url, body }) => {
  const answer = await fetch(url, { method: "POST", body });
  return { status: answer.status, body: await answer.text() };
};
const portsWith = (env: Record<string, string> = {}): DeliveryPorts => ({
  post,
  secrets: { env, folder },
  clock: () => NOW,
  random: () => 0,
});

interface Mailbox {
  readonly port: number;
  readonly mails: {
    readonly to: readonly string[];
    readonly text: string;
    readonly secure: boolean;
    readonly user: unknown;
  }[];
}

/** A real SMTP server on loopback. */
async function smtp(
  options: SMTPServerOptions,
  refuse: (address: string) => number | undefined = () => undefined,
): Promise<Mailbox> {
  const mails: Mailbox["mails"] = [];
  const server = new SMTPServer({
    ...options,
    onRcptTo({ address }, _session, done) {
      const code = refuse(address);
      done(code === undefined ? null : Object.assign(new Error(`${address} is not here`), { responseCode: code }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString("utf8"), secure: session.secure, user: session.user });
        done();
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

const mail = (port: number, more: string, to = "desk@bank.example") =>
  `{ kind: email, to: [${to}], from: esteira@bank.example, host: localhost, port: ${port}, ${more} }`;

describe("a message over SMTP", () => {
  it("comes as text and HTML, with an id that stays the same, in the file's language", async () => {
    const { port, mails } = await smtp({ authOptional: true, disabledCommands: ["STARTTLS"] });
    const file = fileWith(mail(port, "security: none"), "language: pt-BR\nlink: https://esteira.example/report");
    expect(await deliver(deliveryTo("it"), file, portsWith())).toEqual({ kind: "delivered" });
    expect(await deliver(deliveryTo("it", { attempts: 1 }), file, portsWith())).toEqual({ kind: "delivered" });
    const [first, second] = mails.map(({ text }) => text.replace(/=\r\n/g, ""));
    const id = /Message-ID: <a{32}@bank\.example>/;
    expect(first).toMatch(id);
    expect(second).toMatch(id);
    expect(first).toContain("Auto-Submitted: auto-generated");
    expect(first).toContain("text/plain");
    expect(first).toContain("text/html");
    expect(first).toContain("https://wiki.example/late");
    expect(first).toContain("&#60;coa=C3=A7=C3=A3o&#62;");
  });

  it("is encrypted and signed in where the file says so", async ({ skip }) => {
    if (noCertificate) return skip(noCertificate);
    const options: SMTPServerOptions = {
      key: readFileSync(key),
      cert: readFileSync(cert),
      onAuth: ({ username, password }, _session, done) =>
        username === "esteira" && password === "pass" ? done(null, { user: username }) : done(new Error("535 no")),
    };
    const ports = portsWith({ SMTP_PASSWORD: "pass", WRONG: "no" });
    const auth = (name: string) => `user: esteira, password: { env: ${name} }, ca: ${cert}`;
    for (const security of ["starttls", "tls"]) {
      const { port, mails } = await smtp({ ...options, secure: security === "tls" });
      const right = fileWith(mail(port, `security: ${security}, ${auth("SMTP_PASSWORD")}`));
      expect(await deliver(deliveryTo("it"), right, ports)).toEqual({ kind: "delivered" });
      expect(mails).toMatchObject([{ to: ["desk@bank.example"], secure: true, user: "esteira" }]);
      const wrong = fileWith(mail(port, `security: ${security}, ${auth("WRONG")}`));
      expect(await deliver(deliveryTo("it"), wrong, ports)).toMatchObject({
        kind: "retry",
        error: expect.stringContaining("535"),
      });
      const strange = fileWith(mail(port, `security: ${security}`));
      expect(await deliver(deliveryTo("it"), strange, ports)).toMatchObject({
        kind: "retry",
        error: expect.stringMatching(/self-signed certificate/),
      });
      expect(mails).toHaveLength(1);
    }
  });

  it("is not sent to a server that does not encrypt, unless the file says so", async () => {
    const { port, mails } = await smtp({ authOptional: true, disabledCommands: ["STARTTLS"] });
    const attempt = await deliver(deliveryTo("it"), fileWith(mail(port, "security: starttls")), portsWith());
    expect(attempt).toMatchObject({ kind: "retry", error: expect.stringMatching(/TLS/) });
    expect(mails).toEqual([]);
  });

  it("is tried again only for those who may still get it, and says who never will", async () => {
    let full = true;
    const refuse = (address: string) =>
      address.startsWith("gone") ? 550 : address.startsWith("full") && full ? 452 : undefined;
    const { port, mails } = await smtp({ authOptional: true, disabledCommands: ["STARTTLS"] }, refuse);
    const file = fileWith(mail(port, "security: none", "desk@b.example, gone@b.example, full@b.example"));
    const ports = portsWith();
    let outbox = enqueue([], [deliveryTo("it")], NOW);
    const attempt = async (): Promise<Attempt> => {
      const made = await deliver(outbox[0]!, file, ports);
      outbox = afterAttempt(outbox, outbox[0]!.notification.id, made, NOW);
      return made;
    };
    expect(await attempt()).toMatchObject({ kind: "retry", remaining: ["full@b.example"] });
    full = false;
    expect(await attempt()).toEqual({ kind: "delivered" });
    expect(mails.map(({ to }) => to)).toEqual([["desk@b.example"], ["full@b.example"]]);
    expect(outbox).toMatchObject([{ failedAt: NOW, error: expect.stringMatching(/^gone@b\.example: 550 .*not here/) }]);
  });

  it("fails at once where every recipient is refused for good, and is kept where nobody answers", async () => {
    const { port } = await smtp({ authOptional: true, disabledCommands: ["STARTTLS"] }, () => 550);
    expect(await deliver(deliveryTo("it"), fileWith(mail(port, "security: none")), portsWith())).toMatchObject({
      kind: "failed",
    });
    const closed = createSocketServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const free = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    const attempt = await deliver(deliveryTo("it"), fileWith(mail(free, "security: none")), portsWith());
    expect(attempt).toMatchObject({ kind: "retry", at: NOW + 5000, error: expect.stringContaining("ECONNREFUSED") });
  });
});

/** A real HTTP receiver on loopback, and what it was sent. */
async function receiver(status: () => number): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      bodies.push(body);
      response.statusCode = status();
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`, bodies };
}

describe("a message over HTTP", () => {
  it("of a webhook says everything, as the registry's own webhooks do", async () => {
    const { url, bodies } = await receiver(() => 204);
    expect(await deliver(deliveryTo("it"), fileWith(`{ kind: webhook, url: "${url}" }`), portsWith())).toEqual({
      kind: "delivered",
    });
    expect(JSON.parse(bodies[0]!)).toMatchObject({
      entity: "model_alert",
      action: "firing",
      timestamp: "2026-03-20T12:00:00.000Z",
      data: {
        model: "pix",
        severity: "page",
        title: "[PAGE] pix: late firing",
        diagnosis: { en: "A new scam: <coercion>.", "pt-BR": "Um golpe novo: <coação>." },
        alerts: [
          {
            rule: "late",
            signal: "typology_new",
            labels: { typology: "T9 <coação>" },
            value: 1,
            fired_at: "2026-03-20T12:00:00.000Z",
          },
        ],
      },
    });
  });

  it("of a chat is in Slack's format, its own characters escaped, its address from a secret", async () => {
    const { url, bodies } = await receiver(() => 200);
    writeFileSync(join(folder, "chat-url"), `${url}\n`);
    const file = fileWith("{ kind: slack, url: { file: chat-url } }");
    expect(await deliver(deliveryTo("it"), file, portsWith())).toEqual({ kind: "delivered" });
    const { text, blocks } = JSON.parse(bodies[0]!);
    expect(text).toBe("[PAGE] pix: late firing");
    expect(JSON.stringify(blocks)).toContain("&lt;coercion&gt;");
    expect(JSON.stringify(blocks)).toContain("<https://wiki.example/late|What to do: late>");
  });

  it("waits for a receiver that is away, and says what is wrong with a secret", async () => {
    const { url } = await receiver(() => 503);
    const hook = fileWith(`{ kind: webhook, url: "${url}" }`);
    expect(await deliver(deliveryTo("it"), hook, portsWith())).toMatchObject({ kind: "retry", at: NOW + 5000 });
    expect(await deliver(deliveryTo("it", { attempts: 99 }), hook, portsWith())).toMatchObject({ kind: "failed" });
    const unset = fileWith(`{ kind: webhook, url: "${url}", secret: { env: NOT_SET } }`);
    expect(await deliver(deliveryTo("it"), unset, portsWith())).toMatchObject({
      kind: "retry",
      error: "The environment variable NOT_SET is not set: the monitor's file wants a secret from it.",
    });
    expect(await deliver(deliveryTo("gone"), hook, portsWith())).toMatchObject({ kind: "failed" });
  });
});

describe("the outbox", () => {
  const one = (id: string, more: Partial<Notification> = {}) => ({
    notification: notification("it", { id, ...more }),
    diagnosis: { en: "", "pt-BR": "" },
  });

  it("keeps the order of what a receiver is told, and lets others pass", () => {
    const outbox = enqueue([], [one("1"), one("2", { status: "resolved" }), one("3", { receiver: "other" })], NOW);
    expect(dueDeliveries(outbox, NOW).map(({ notification: { id } }) => id)).toEqual(["1", "3"]);
    const later = afterAttempt(outbox, "1", { kind: "retry", at: NOW + 60_000, error: "away" }, NOW);
    expect(dueDeliveries(later, NOW).map(({ notification: { id } }) => id)).toEqual(["3"]);
    const given = afterAttempt(later, "1", { kind: "failed", error: "away" }, NOW);
    expect(dueDeliveries(given, NOW).map(({ notification: { id } }) => id)).toEqual(["2", "3"]);
  });

  it("takes nothing twice, and no reminder while the first message still waits", () => {
    const outbox = enqueue([], [one("1")], NOW);
    expect(enqueue(outbox, [one("1"), one("2", { repeated: true })], NOW)).toHaveLength(1);
    expect(
      enqueue(afterAttempt(outbox, "1", { kind: "delivered" }, NOW), [one("2", { repeated: true })], NOW),
    ).toHaveLength(1);
  });

  it("forgets in the end what was given up", () => {
    const outbox = afterAttempt(enqueue([], [one("1")], NOW), "1", { kind: "failed", error: "away" }, NOW);
    expect(enqueue(outbox, [], NOW + 6 * 86_400_000)).toHaveLength(1);
    expect(enqueue(outbox, [], NOW + 8 * 86_400_000)).toHaveLength(0);
  });
});
