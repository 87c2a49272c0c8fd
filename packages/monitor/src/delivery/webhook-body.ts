import type { MonitorFile } from "../file/monitor-file.ts";
import type { Delivery } from "./outbox.ts";
import { headline } from "./words.ts";

/** What a webhook gets, in the envelope of the registry's own webhooks: entity, action, timestamp, data. */
export function webhookBody({ notification, diagnosis }: Delivery, file: MonitorFile): string {
  const { at, status, severity, repeated, alerts } = notification;
  return JSON.stringify({
    entity: "model_alert",
    action: status,
    timestamp: new Date(at).toISOString(),
    data: {
      model: file.model,
      severity,
      repeated,
      title: headline(notification, file.model, file.language),
      diagnosis,
      ...(file.link === undefined ? {} : { link: file.link }),
      alerts: alerts.map((alert) => {
        const rule = file.rules.find(({ name }) => name === alert.rule);
        return {
          fingerprint: alert.fingerprint,
          rule: alert.rule,
          ...(rule === undefined ? {} : { signal: rule.signal }),
          ...(rule?.owner === undefined ? {} : { owner: rule.owner }),
          ...(rule?.runbook === undefined ? {} : { runbook: rule.runbook }),
          labels: alert.labels,
          phase: alert.phase,
          cause: alert.cause,
          value: alert.value,
          since: new Date(alert.since).toISOString(),
          fired_at: instant(alert.firedAt),
          resolved_at: instant(alert.resolvedAt),
        };
      }),
    },
  });
}

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
