import type { Tag } from "@esteira/core/entities/tag";
import { tagValue } from "@esteira/core/entities/tag";

export const VERDICT_TAG = "esteira.gate.verdict";
export const EVIDENCE_TAG = "esteira.gate.evidence";

export type Verdict = "passed" | "failed" | "unknown";

/** What a gate decided about a version; undefined when none has judged it. */
export function verdictOf(tags: readonly Tag[]): Verdict | undefined {
  const value = tagValue(tags, VERDICT_TAG)?.trim().toLowerCase();
  if (value === undefined) return undefined;
  if (/^(pass|passed|accepted|approved|promoted?|ok)$/.test(value)) return "passed";
  if (/^(fail|failed|refused|rejected|blocked)$/.test(value)) return "failed";
  return "unknown";
}

export type Evidence =
  | { readonly kind: "artifact"; readonly runId: string; readonly path: string }
  | { readonly kind: "web"; readonly url: string }
  | { readonly kind: "text"; readonly text: string };

/**
 * Where a verdict's evidence is: `runs:/<run id>/<path>`, a path among the source run's artifacts, or a web address.
 * Anything else is shown as text: a tag must not become a link that runs something.
 */
export function evidenceOf(tags: readonly Tag[], sourceRunId: string | undefined): Evidence | undefined {
  const value = tagValue(tags, EVIDENCE_TAG)?.trim();
  if (!value) return undefined;
  const ofRun = /^runs:\/([\w-]+)\/(.+)$/.exec(value);
  if (ofRun) return { kind: "artifact", runId: ofRun[1]!, path: ofRun[2]! };
  if (/^https?:\/\//i.test(value)) return { kind: "web", url: value };
  if (sourceRunId !== undefined && !/^[\w+.-]+:/.test(value) && !value.startsWith("/") && !value.includes("..")) {
    return { kind: "artifact", runId: sourceRunId, path: value };
  }
  return { kind: "text", text: value };
}
