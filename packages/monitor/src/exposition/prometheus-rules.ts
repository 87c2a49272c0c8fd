import { stringify } from "yaml";
import { DEFAULTS, type MonitorFile } from "../file/monitor-file.ts";
import * as names from "./names.ts";

/** So many missed looks are a monitor that is not there. */
const MISSED_LOOKS = 3;

/**
 * Rules for Prometheus, for those who are alerted by its Alertmanager: the alerts of a monitor as they stand, with its windows, hysteresis and
 * pending times already in them, and the monitor itself when it is silent, fails, or cannot tell somebody.
 */
export function prometheusRules(file: MonitorFile): string {
  const model = `model=${JSON.stringify(file.model)}`;
  const every = (file.every ?? DEFAULTS.every) / 1000;
  const rules = file.rules.map((rule) => ({
    alert: camel(rule.name),
    expr: `${names.ALERT_STATE}{${model},rule="${rule.name}",state="firing"} == 1`,
    labels: { severity: rule.severity, ...(rule.owner === undefined ? {} : { owner: rule.owner }) },
    annotations: {
      summary: `${file.model}: ${rule.name} fires (${rule.signal})`,
      ...(rule.runbook === undefined ? {} : { runbook_url: rule.runbook }),
    },
  }));
  const own = [
    {
      alert: "EsteiraMonitorSilent",
      expr: `time() - ${names.LOOKED_AT}{${model}} > ${MISSED_LOOKS * every} or absent(${names.LOOKED_AT}{${model}})`,
      for: `${every}s`,
      labels: { severity: "page" },
      annotations: { summary: `${file.model}: its monitor does not look` },
    },
    {
      alert: "EsteiraMonitorFails",
      expr: `increase(${names.FAULTS}{${model}}[1h]) > 0`,
      labels: { severity: "watch" },
      annotations: { summary: `${file.model}: its monitor meets faults; its log says which` },
    },
    {
      alert: "EsteiraAlertsUndelivered",
      expr: `${names.OLDEST_WAITING}{${model}} > 900 or ${names.GIVEN_UP}{${model}} > 0`,
      labels: { severity: "act" },
      annotations: { summary: `${file.model}: {{ $labels.receiver }} does not get its alerts` },
    },
  ];
  return stringify({ groups: [{ name: `esteira-${file.model}`, rules: [...rules, ...own] }] }, { lineWidth: 0 });
}

/** `late-typology` as `LateTypology`: what alerts are called in Prometheus. */
const camel = (name: string): string =>
  name
    .split(/[-_]/)
    .map((part) => `${part.slice(0, 1).toUpperCase()}${part.slice(1)}`)
    .join("");
