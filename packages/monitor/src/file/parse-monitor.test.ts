import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeMonitor } from "./describe-monitor.ts";
import { monitorJsonSchema } from "./monitor-file.ts";
import { parseMonitor } from "./parse-monitor.ts";

const FILE = `version: 1
model: pix-fraud
ledger: ledger
reference: { file: reference.parquet }
budget: { share: 0.005, perDay: 400 }
latencyTargetMs: 100
rules:
  - { name: late-typology, signal: typology_new, above: 0, severity: page, owner: fraud, runbook: "https://wiki/late" }
  - { name: desk, signal: desk_load, window: 1h, above: 1.5, resolve: 1.2, for: 15m, severity: act }
  - name: slow
    signal: slow_share
    severity: watch
    burn:
      budget: 0.01
      fast: { long: 1h, short: 5m, factor: 14.4 }
  - { name: canary-rate, signal: alert_rate, window: 1h, where: { arm: canary }, above: 0.02, severity: watch }
receivers:
  mail: { kind: email, to: [desk@bank.example], from: esteira@bank.example, host: smtp.bank.example }
  hook: { kind: webhook, url: "https://hooks.bank.example/alerts", secret: { env: HOOK_SECRET } }
routes:
  - { severity: [page], owner: [fraud], to: [mail, hook], repeat: 2h }
  - { severity: [act], to: [hook] }
silences:
  - { rules: [slow], reason: nightly batch, weekly: { days: [sat, sun], from: "22:00", to: "06:00" } }
`;

describe("monitor.yaml", () => {
  it("is read, with spans in milliseconds and what it does not say filled in", () => {
    const file = parseMonitor(FILE);
    expect(file.rules[1]).toMatchObject({ window: 3_600_000, for: 900_000, resolve: 1.2 });
    expect(file.receivers.mail).toMatchObject({ security: "starttls" });
    expect(file).toMatchObject({ currency: "BRL", timezone: "America/Sao_Paulo", language: "en" });
  });

  it("is said in words: what alerts whom, and when nobody is told", () => {
    expect(describeMonitor(parseMonitor(FILE))).toEqual([
      "pix-fraud: looked at every 5m; its report is of 4w and made every 1h.",
      "late-typology (page, fraud): typology_new of each typology above 0.",
      "    Without data: nothing. Tells mail (desk@bank.example), hook (hooks.bank.example).",
      "desk (act): desk_load over 1h above 1.5 for 15m; ends when back at 1.2.",
      "    Without data: nothing. Tells hook (hooks.bank.example).",
      "slow (watch): slow_share burns its budget of 0.01 14.4 times over 1h and 5m.",
      "    Without data: nothing. Tells nobody: the state and /metrics show it.",
      "canary-rate (watch): alert_rate of arm canary over 1h above 0.02.",
      "    Without data: nothing. Tells nobody: the state and /metrics show it.",
      "silent: slow sat, sun from 22:00 to 06:00 (America/Sao_Paulo): nightly batch",
    ]);
  });

  const rule = (text: string): string => FILE.replace(/ {2}- \{ name: desk,.*\n/, `  - { name: desk, ${text} }\n`);
  it.each<[string, string]>([
    [FILE.replace("model: pix-fraud\n", ""), "monitor.yaml:1:1: model: Invalid input: expected string"],
    [FILE.replace("ledger: ledger", "ledgr: ledger"), "monitor.yaml:3:1: the file has no setting ledgr"],
    ["", "monitor.yaml:1:1: version: "],
    [
      rule("signal: alertrate, above: 1, severity: act"),
      "monitor.yaml:9:27: rules[1].signal: there is no signal alertrate; known signals are decisions, ",
    ],
    [
      rule("signal: desk_load, above: 1, severity: act"),
      "monitor.yaml:9:27: rule desk: desk_load needs a window, for example window: 1h",
    ],
    [rule("signal: desk_load, window: 1h, severity: act"), "rule desk: give one of above, below and burn"],
    [
      rule("signal: desk_load, window: 1 hour, above: 1, severity: act"),
      "monitor.yaml:9:46: rules[1].window: a span of time is a whole number and s, m, h, d or w, for example 15m",
    ],
    [rule("signal: desk_load, window: 90s, above: 1, severity: act"), "windows are whole minutes"],
    [
      rule("signal: desk_load, window: 2m, above: 1, severity: act"),
      "the monitor looks every 5m, so decisions between two windows of 2m would be seen by nobody",
    ],
    [
      rule("signal: desk_load, window: 30d, above: 1, severity: act"),
      "the longest window is 1w; longer spans are the report's",
    ],
    [
      rule("signal: desk_load, window: 1h, above: 1, resolve: 2, severity: act"),
      "monitor.yaml:9:69: rule desk: resolve 2 is higher than above 1; it would end while it fires",
    ],
    [
      rule("signal: recall, window: 1h, below: 0.5, severity: act"),
      "rule desk: recall is of the report's window (report.window); remove window",
    ],
    [rule("signal: recall, below: 0, severity: act"), "recall is never below 0; it can never fire"],
    [rule("signal: recall, above: 1, severity: act"), "rule desk: recall is at most 1; it can never fire"],
    [
      rule("signal: recall, below: 0.5, where: { feature: hour }, severity: act"),
      "rule desk: recall has no label feature; it has none",
    ],
    [
      rule("signal: alert_rate, severity: act, burn: { budget: 0.1, fast: { long: 1h, short: 5m, factor: 14 } }"),
      "14 times a budget of 0.1 is no share below 1; it can never fire",
    ],
    [
      rule("signal: alert_rate, severity: act, burn: { budget: 0.01, fast: { long: 1h, short: 2h, factor: 14 } }"),
      "the short window must be shorter than the long one",
    ],
    [
      rule("signal: decisions, severity: act, burn: { budget: 0.01, fast: { long: 1h, short: 5m, factor: 2 } }"),
      "burn is for shares, and decisions is none",
    ],
    [
      rule("signal: desk_load, window: 1h, above: 1, severity: page"),
      "rule desk: nobody is told of it: no route takes page",
    ],
    [FILE.replace(", perDay: 400", ""), "rule desk: desk_load needs budget.perDay"],
    [FILE.replace("latencyTargetMs: 100\n", ""), "rule slow: slow_share needs latencyTargetMs"],
    [
      FILE.replace("to: [hook]", "to: [pager]"),
      "monitor.yaml:22:29: there is no receiver pager; receivers has mail, hook",
    ],
    [
      FILE.replace("to: [mail, hook]", "to: [hook]"),
      "monitor.yaml:18:9: no route leads to the receiver mail; add a route or remove it",
    ],
    [FILE.replace("owner: [fraud]", "owner: [risk]"), "no rule has the owner risk"],
    [FILE.replace("{ env: HOOK_SECRET }", "s3cret"), "a secret is not written here: name where it is"],
    [FILE.replace("host: smtp.bank.example", "host: smtp.bank.example, user: me"), "user and password go together"],
    [
      FILE.replace("host: smtp", "security: none, user: me, password: { env: P }, host: smtp"),
      "a password would travel unencrypted",
    ],
    [FILE.replace("kind: webhook", "kind: pager"), "a receiver's kind is webhook, email or slack"],
    [FILE.replace("rules: [slow]", "rules: [fast]"), "there is no rule fast"],
    [FILE.replace('"22:00"', '"25:00"'), "a time of day was expected, for example 22:30"],
    [FILE.replace(/weekly: .*\}/, "from: 2026-02-02T00:00:00Z, to: 2026-02-01T00:00:00Z }"), "to must come after from"],
    [FILE.replace(/, weekly: .*\}/, " }"), "say when: from and to, or weekly"],
    [FILE.replace("name: canary-rate", "name: slow"), "rule slow: another rule has this name"],
    [
      FILE.replace(
        "name: canary-rate, signal: alert_rate, window: 1h, where: { arm: canary }, above: 0.02",
        "name: desk-quiet, signal: desk_load, window: 1h, below: 2",
      ),
      "contradicts desk: every value is above 1.5 or below 2, so one of them always fires",
    ],
    [FILE.replace("version: 1", "version: 2"), "monitor.yaml:1:10: version: "],
    [FILE.replace("model: pix-fraud", "model: pix-fraud\ntimezone: Mars/Olympus"), "there is no such time zone"],
    [rule("signal: money_alerted, window: 1h, above: 5, severity: act"), "money_alerted needs amount"],
    [rule("signal: error_share, window: 1h, above: 0.1, severity: act"), "error_share needs services"],
    [
      rule("signal: alert_rate, severity: act, burn: { budget: 0.01, fast: { long: 1h, short: 2m, factor: 14 } }"),
      "monitor.yaml:9:101: rule desk: the monitor looks every 5m, so decisions between two windows of 2m",
    ],
    ["a: ".repeat(3) + "[".repeat(5000), "nests too deep"],
  ])("that is wrong is refused where it is, %#", (text, message) => {
    expect(() => parseMonitor(text)).toThrow(message);
  });

  it("has all faults of its rules told at once", () => {
    const text = FILE.replace("above: 0,", "above: 1,").replace("above: 1.5", "above: 1");
    expect(() => parseMonitor(text)).toThrow(/rule late-typology: .*\n.*rule desk: resolve/);
  });

  it("has a published schema, which is the file's own definition", () => {
    const published = readFileSync(new URL("../../schema/monitor.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(monitorJsonSchema());
  });
});
