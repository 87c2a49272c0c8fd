import type { Route } from "./monitor-file.ts";
import type { Rule } from "./rule.ts";

/** The routes that take a rule's alerts. All that match count, each receiver once. */
export const routesOf = (rule: Pick<Rule, "severity" | "owner">, routes: readonly Route[]): readonly Route[] =>
  routes.filter(
    ({ severity, owner }) =>
      (severity?.includes(rule.severity) ?? true) &&
      (owner === undefined || (rule.owner !== undefined && owner.includes(rule.owner))),
  );

/** The receivers that are told of a rule's alerts. */
export const reachedBy = (rule: Pick<Rule, "severity" | "owner">, routes: readonly Route[]): readonly string[] => [
  ...new Set(routesOf(rule, routes).flatMap(({ to }) => to)),
];
