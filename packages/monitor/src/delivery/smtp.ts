import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createTransport, type SendMailOptions } from "nodemailer";
import type { EmailReceiver } from "../file/receiver.ts";
import type { EmailText } from "./email-message.ts";

/** A recipient whom the server has refused. */
export interface RefusedRecipient {
  readonly address: string;
  /** The server's own words. */
  readonly answer: string;
  /** It would refuse again (5xx); otherwise it said to come back later (4xx). */
  readonly isFinal: boolean;
}

const WAIT_MS = 20_000;
const STANDARD_PORT = { tls: 465, starttls: 587, none: 25 } as const;

/**
 * Sends one message over SMTP, once. `folder`: where relative paths begin. Resolves with the recipients that were refused; the others have it. Throws an Error with the server's words when
 * nobody has it for another reason: no connection, no encryption, a certificate that is not trusted, a wrong password, a message that is refused.
 */
export async function sendEmail(
  message: EmailText & { readonly id: string; readonly to: readonly string[] },
  receiver: EmailReceiver,
  { password, folder }: { readonly password: string | undefined; readonly folder: string },
): Promise<readonly RefusedRecipient[]> {
  const { host, security, user, from } = receiver;
  const ca = receiver.ca === undefined ? undefined : await readFile(resolve(folder, receiver.ca), "utf8");
  const transport = createTransport({
    host,
    port: receiver.port ?? STANDARD_PORT[security],
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    tls: { ...(ca === undefined ? {} : { ca }) },
    dnsTimeout: WAIT_MS,
    connectionTimeout: WAIT_MS,
    greetingTimeout: WAIT_MS,
    socketTimeout: WAIT_MS,
  });
  const mail: SendMailOptions = {
    from,
    to: [...message.to],
    subject: message.subject,
    text: message.text,
    html: message.html,
    // The same for each attempt: who gets it twice can know.
    messageId: `<${message.id}@${from.split("@")[1]}>`,
    headers: { "Auto-Submitted": "auto-generated" },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  try {
    const { rejectedErrors } = await transport.sendMail(mail);
    return (rejectedErrors ?? []).flatMap(refused);
  } catch (error) {
    const all = rejectionsOf(error).flatMap(refused);
    if (all.length === message.to.length) return all;
    throw error;
  } finally {
    transport.close();
  }
}

/** What the library says of one recipient that was refused. */
interface Rejection {
  readonly recipient?: string | undefined;
  readonly response?: string | undefined;
  readonly responseCode?: number | undefined;
}

const refused = ({ recipient, response, responseCode }: Rejection): readonly RefusedRecipient[] =>
  recipient === undefined
    ? []
    : [{ address: recipient, answer: response ?? "no answer", isFinal: (responseCode ?? 400) >= 500 }];

const rejectionsOf = (error: unknown): readonly Rejection[] =>
  error instanceof Error && "rejectedErrors" in error && Array.isArray(error.rejectedErrors)
    ? error.rejectedErrors
    : [];
