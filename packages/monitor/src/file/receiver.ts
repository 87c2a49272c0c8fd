import { z } from "zod";
import { secretSource } from "./secret.ts";

const address = z.email("an e-mail address was expected, for example desk@example.com");

const webhook = z.strictObject({
  kind: z.literal("webhook").describe("A signed POST with what is known of the alerts, as JSON."),
  url: z.url({ protocol: /^https?$/, error: "an http or https address was expected" }),
  secret: secretSource
    .optional()
    .describe("Signs each delivery (x-mlflow-signature), so that the receiver knows who calls."),
});

const email = z.strictObject({
  kind: z.literal("email").describe("A message over SMTP, as text and HTML."),
  to: z.array(address).min(1),
  from: address,
  host: z.string().min(1).describe("The SMTP server."),
  port: z.int().min(1).max(65_535).optional().describe("587, or 465 with security: tls, when absent."),
  security: z
    .enum(["starttls", "tls", "none"])
    .default("starttls")
    .describe("starttls and tls refuse a server that does not encrypt or whose certificate is not trusted."),
  ca: z.string().min(1).optional().describe("A PEM file of the authority that the server's certificate is from."),
  user: z.string().min(1).optional(),
  password: secretSource.optional(),
});

const slack = z.strictObject({
  kind: z.literal("slack").describe("A POST in the format of Slack's incoming webhooks, which other chats take too."),
  url: secretSource.describe("The address of the incoming webhook: whoever knows it can post."),
});

export const receiverSchema = z
  .discriminatedUnion("kind", [webhook, email, slack], { error: "a receiver's kind is webhook, email or slack" })
  .superRefine((receiver, context) => {
    if (receiver.kind !== "email") return;
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if ((receiver.user === undefined) !== (receiver.password === undefined))
      refuse(receiver.user === undefined ? "password" : "user", "user and password go together; give both or neither");
    if (receiver.security === "none" && receiver.password !== undefined)
      refuse("security", "a password would travel unencrypted; use starttls or tls");
  });

export type Receiver = z.output<typeof receiverSchema>;
export type EmailReceiver = Extract<Receiver, { kind: "email" }>;
