import type { MonitorFile } from "../file/monitor-file.ts";
import type { Delivery } from "./outbox.ts";
import { alertLine, headline, rulesOf, wordsOf } from "./words.ts";

/** Slack takes 3,000 characters in one section. */
const LONGEST = 3000;

/** The JSON of an incoming webhook: a text for notifications, and blocks for the message itself. */
export function slackBody({ notification, diagnosis }: Delivery, file: MonitorFile): string {
  const { language } = file;
  const words = wordsOf(language);
  const title = headline(notification, file.model, language);
  const lines = notification.alerts.map((alert) => `• ${escaped(alertLine(alert, file, language))}`);
  const links = [
    ...(file.link === undefined ? [] : [`<${file.link}|${words.report}>`]),
    ...rulesOf(notification, file.rules).flatMap(({ name, runbook }) =>
      runbook === undefined ? [] : [`<${runbook}|${words.runbook}: ${escaped(name)}>`],
    ),
  ];
  const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text: text.slice(0, LONGEST) } });
  return JSON.stringify({
    text: escaped(title),
    blocks: [
      section(`*${escaped(title)}*`),
      section(escaped(diagnosis[language])),
      section(lines.join("\n")),
      ...(links.length === 0 ? [] : [section(links.join(" · "))]),
    ],
  });
}

/** The three characters that Slack gives a meaning. */
const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
