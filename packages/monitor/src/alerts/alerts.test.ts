import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMonitor } from "../file/parse-monitor.ts";
import type { Signal } from "../signals/signal.ts";
import { advanceAlerts } from "./advance.ts";
import type { Alert } from "./alert.ts";
import { type Notification, notify, type Told } from "./notification.ts";
import { silenceOf } from "./silenced.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 2, 20, 12);

const fileOf = (rules: string, more = "") =>
  parseMonitor(`version: 1
model: pix
ledger: l
reference: { file: r.parquet }
budget: { share: 0.01 }
every: 1m
rules:
${rules}
${more}`);

/** What a value of each minute leads to: the phase after each. `undefined` is a minute without the signal. */
function phases(rules: string, values: readonly (number | undefined)[], of: (value: number) => Signal[]): string[] {
  const file = fileOf(rules);
  let alerts: readonly Alert[] = [];
  return values.map((value, i) => {
    const signals = value === undefined ? [] : of(value);
    alerts = advanceAlerts(alerts, { model: "pix", rules: file.rules, signals, at: START + i * MINUTE });
    return alerts.map(({ phase, cause }) => (phase === "firing" && cause === "no_data" ? "no data" : phase)).join("+");
  });
}

const rate = (value: number): Signal[] => [{ name: "alert_rate", labels: {}, windowMs: 5 * MINUTE, value }];
const rule = (more: string) => `  - { name: r, signal: alert_rate, window: 5m, severity: page, above: 0.5, ${more} }`;

describe("an alert", () => {
  it("fires at once, and is over when its value is back", () => {
    expect(phases(rule("noData: ignore"), [0.1, 0.6, 0.6, 0.4], rate)).toEqual(["", "firing", "firing", "resolved"]);
  });

  it("waits for as long as its rule says, from anew after each value that is not beyond", () => {
    const seen = phases(rule("for: 2m"), [0.6, 0.6, 0.4, 0.6, 0.6, 0.6], rate);
    expect(seen).toEqual(["pending", "pending", "", "pending", "pending", "firing"]);
  });

  it("does not flap between its limit and where it ends, nor before it has been over for long enough", () => {
    const values = [0.6, 0.4, 0.6, 0.4, 0.2, 0.4, 0.2, 0.2, 0.2];
    const seen = phases(rule("resolve: 0.3, keepFor: 2m"), values, rate);
    expect(seen.slice(0, 8)).toEqual(Array(8).fill("firing"));
    expect(seen[8]).toBe("resolved");
  });

  it("takes a missing value for what it is: neither good nor bad, and after a while an alert of its own", () => {
    const gone = undefined;
    const seen = phases(rule("noData: { after: 2m }"), [0.6, gone, gone, gone, gone, 0.1, gone, gone, gone, 0.1], rate);
    expect(seen.slice(0, 5)).toEqual(Array(5).fill("firing"));
    expect(seen.slice(5)).toEqual(["resolved", "resolved", "resolved", "no data", "resolved"]);
  });

  it("comes where a signal has never been there", () => {
    const rules = "  - { name: age, signal: decision_age, above: 600, severity: page, noData: { after: 2m } }";
    const age = (value: number): Signal[] => [{ name: "decision_age", labels: {}, value }];
    expect(phases(rules, [undefined, undefined, undefined, 10], age)).toEqual([
      "inactive",
      "inactive",
      "no data",
      "resolved",
    ]);
  });

  it("is one of each feature, and of an arm only where the rule names it", () => {
    const features = "  - { name: f, signal: feature_missing, window: 5m, above: 0.5, severity: act }";
    const missing = (value: number): Signal[] =>
      ["a", "b"].map((feature) => ({ name: "feature_missing", labels: { feature }, windowMs: 5 * MINUTE, value }));
    expect(phases(features, [0.9], missing)).toEqual(["firing+firing"]);
    const split = (value: number): Signal[] => [
      ...rate(0),
      { name: "alert_rate", labels: { version: "2", arm: "canary" }, windowMs: 5 * MINUTE, value },
    ];
    expect(phases(rule("noData: ignore"), [0.9], split)).toEqual([""]);
    expect(phases(rule("where: { arm: canary }"), [0.9], split)).toEqual(["firing"]);
    expect(phases(rule("where: { arm: [shadow, primary] }"), [0.9], split)).toEqual([""]);
  });

  it("of a burn rate fires when both windows burn and ends with the short one", () => {
    const burn =
      "  - { name: b, signal: slow_share, severity: page, burn: { budget: 0.01, fast: { long: 1h, short: 5m, factor: 14 } } }";
    const file = fileOf(burn, "latencyTargetMs: 100");
    let alerts: readonly Alert[] = [];
    const seen = (
      [
        [0.2, 0.1],
        [0.2, 0.2],
        [0.2, 0.01],
      ] as const
    ).map(([long, short], i) => {
      const signals: Signal[] = [
        { name: "slow_share", labels: {}, windowMs: 60 * MINUTE, value: long },
        { name: "slow_share", labels: {}, windowMs: 5 * MINUTE, value: short },
      ];
      alerts = advanceAlerts(alerts, { model: "pix", rules: file.rules, signals, at: START + i * MINUTE });
      return alerts.map(({ phase, value }) => `${phase} ${value}`);
    });
    expect(seen).toEqual([[], ["firing 20"], ["resolved 1"]]);
  });

  it("ends when its rule is no more", () => {
    const file = fileOf(rule("noData: ignore"));
    const firing = advanceAlerts([], { model: "pix", rules: file.rules, signals: rate(0.9), at: START });
    const after = advanceAlerts(firing, { model: "pix", rules: [], signals: rate(0.9), at: START + MINUTE });
    expect(after.map(({ phase }) => phase)).toEqual(["resolved"]);
  });

  it("whatever the values: it fires only beyond its limit, and never ends while beyond it", () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    const wait = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(values, wait, wait, (all, pending, keep) => {
        const seen = phases(rule(`for: ${pending}m, keepFor: ${keep}m, resolve: 0.3`), all, rate);
        seen.forEach((phase, i) => {
          const before = i === 0 ? "" : seen[i - 1];
          const fired = phase === "firing" && before !== "firing";
          if (fired) expect(all.slice(i - pending, i + 1).every((value) => value > 0.5)).toBe(true);
          const ended = before === "firing" && phase !== "firing";
          if (ended) expect(all.slice(i - keep, i + 1).every((value) => value <= 0.3)).toBe(true);
        });
      }),
      { numRuns: 100 },
    );
  });
});

const ROUTED = `receivers:
  desk: { kind: webhook, url: "http://127.0.0.1:1/" }
  boss: { kind: webhook, url: "http://127.0.0.1:2/" }
routes:
  - { to: [desk], repeat: 10m }
  - { severity: [page], to: [boss], repeat: 1h }
`;

/** Runs minutes of values through alerts and notifications; each minute's notifications in short. */
function told(file: ReturnType<typeof fileOf>, minutes: readonly (readonly Signal[])[]): string[][] {
  let alerts: readonly Alert[] = [];
  let known: readonly Told[] = [];
  return minutes.map((signals, i) => {
    const at = START + i * MINUTE;
    alerts = advanceAlerts(alerts, { model: "pix", rules: file.rules, signals, at });
    const result = notify(known, alerts, file, at);
    known = JSON.parse(JSON.stringify(result.told));
    return result.notifications.map(short);
  });
}

const short = ({ receiver, severity, status, repeated, alerts }: Notification): string =>
  `${receiver} ${severity} ${repeated ? "again " : ""}${status}: ${alerts.map(({ labels, phase }) => `${Object.values(labels).join("")}${phase === "firing" ? "!" : "."}`).join(" ")}`;

describe("what is told", () => {
  const features = (...names: string[]): Signal[] =>
    ["a", "b", "c"].map((feature) => ({
      name: "feature_missing",
      labels: { feature },
      windowMs: 5 * MINUTE,
      value: names.includes(feature) ? 1 : 0,
    }));
  const rules = "  - { name: f, signal: feature_missing, window: 5m, above: 0.5, severity: page }";

  it("is one message for what goes together, said once, and again only after the route's repeat", () => {
    const quiet = Array.from({ length: 9 }, () => features("a", "b"));
    const seen = told(fileOf(rules, ROUTED), [
      features("a", "b"),
      ...quiet,
      features("a", "b"),
      features("a", "b", "c"),
      features("c"),
      features(),
    ]);
    expect(seen[0]).toEqual(["boss page firing: a! b!", "desk page firing: a! b!"]);
    expect(seen.slice(1, 10).flat()).toEqual([]);
    expect(seen[10]).toEqual(["desk page again firing: a! b!"]);
    expect(seen[11]).toEqual(["boss page firing: a! b! c!", "desk page firing: a! b! c!"]);
    expect(seen[12]).toEqual(["boss page firing: c! a. b.", "desk page firing: c! a. b."]);
    expect(seen[13]).toEqual(["boss page resolved: c.", "desk page resolved: c."]);
  });

  it("waits while a silence lasts, and is said after it where it still holds", () => {
    const silence = `silences:
  - { reason: deploy, from: "2026-03-20T12:00:00Z", to: "2026-03-20T12:03:00Z" }
`;
    const file = fileOf(rules, ROUTED + silence);
    const on = features("a");
    expect(told(file, [on, on, on, on]).map((minute) => minute.length)).toEqual([0, 0, 0, 2]);
    expect(told(file, [on, features(), on, features()]).flat()).toEqual([]);
  });

  it("tells the end to whoever knew of the beginning, silence or not", () => {
    const silence = `silences:
  - { reason: deploy, from: "2026-03-20T12:01:00Z", to: "2026-03-20T12:59:00Z" }
`;
    const seen = told(fileOf(rules, ROUTED + silence), [features("a"), features("a"), features()]);
    expect(seen.map((minute) => minute.length)).toEqual([2, 0, 2]);
    expect(seen[2]).toEqual(["boss page resolved: a.", "desk page resolved: a."]);
  });

  it("has the same id when the same look is done again after a crash", () => {
    const file = fileOf(rules, ROUTED);
    const look = () => {
      const alerts = advanceAlerts([], { model: "pix", rules: file.rules, signals: features("a"), at: START });
      return notify([], alerts, file, START).notifications.map(({ id }) => id);
    };
    expect(look()).toEqual(look());
    expect(new Set(look()).size).toBe(2);
  });
});

describe("a silence", () => {
  const file = fileOf(
    rule("noData: ignore"),
    `silences:
  - { reason: batch, weekly: { days: [fri], from: "22:00", to: "02:00" } }
`,
  );
  it.each([
    ["2026-03-20T21:59:00-03:00", false],
    ["2026-03-20T22:00:00-03:00", true],
    ["2026-03-21T01:59:00-03:00", true],
    ["2026-03-21T02:00:00-03:00", false],
    ["2026-03-21T22:30:00-03:00", false],
  ])("of every week is in the file's own time: %s", (instant, silent) => {
    const found = silenceOf("r", Date.parse(instant), file.silences, file.timezone);
    expect(found?.reason).toBe(silent ? "batch" : undefined);
  });
});
