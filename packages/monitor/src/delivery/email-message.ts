import type { MonitorFile } from "../file/monitor-file.ts";
import type { Delivery } from "./outbox.ts";
import { alertLine, headline, ruleLine, rulesOf, wordsOf } from "./words.ts";

export interface EmailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The message, once as text and once as HTML, in the file's language. */
export function emailMessage({ notification, diagnosis }: Delivery, file: MonitorFile): EmailText {
  const { language, link } = file;
  const words = wordsOf(language);
  const subject = headline(notification, file.model, language);
  const alerts = notification.alerts.map((alert) => alertLine(alert, file, language));
  const rules = rulesOf(notification, file.rules);
  const details = rules.flatMap((rule) => [
    ruleLine(rule, language),
    ...(rule.owner === undefined ? [] : [`${words.owner}: ${rule.owner}`]),
  ]);
  const links = [
    ...(link === undefined ? [] : [{ text: words.report, href: link }]),
    ...rules.flatMap(({ name, runbook }) =>
      runbook === undefined ? [] : [{ text: `${words.runbook} (${name})`, href: runbook }],
    ),
  ];
  const text = [
    diagnosis[language],
    "",
    ...alerts.map((line) => `- ${line}`),
    "",
    ...details,
    ...links.map((one) => `${one.text}: ${one.href}`),
  ].join("\n");
  const html = [
    `<!doctype html><html lang="${language}"><body>`,
    `<h1 style="font-size:1.2em">${escaped(subject)}</h1>`,
    `<p>${escaped(diagnosis[language])}</p>`,
    `<ul>${alerts.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`,
    `<p>${details.map(escaped).join("<br>")}</p>`,
    ...(links.length === 0
      ? []
      : [`<p>${links.map((one) => `<a href="${escaped(one.href)}">${escaped(one.text)}</a>`).join(" · ")}</p>`]),
    "</body></html>",
  ].join("\n");
  return { subject, text: `${text}\n`, html };
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
