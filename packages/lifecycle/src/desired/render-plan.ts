import type { Change, Plan } from "./plan.ts";

/** What a target would do, a sentence each; none where it is as it must be. */
export interface TargetPlan {
  readonly target: string;
  readonly changes: readonly string[];
  /** What is wrong with it now, as `it has failed: ...`. */
  readonly problem?: string;
}

type Styled = (kind: "add" | "remove" | "change" | "dim" | "strong", text: string) => string;

/** The difference for a person, as a diff: `~` moves, `+` is new, `-` goes. */
export function renderPlan({ changes, refusals }: Plan, targets: readonly TargetPlan[], styled: Styled): string {
  const lines: string[] = [];
  let model: string | undefined;
  for (const change of changes) {
    if (change.model !== model) lines.push(styled("strong", change.model));
    model = change.model;
    lines.push(...changeLines(change, styled));
  }
  for (const { target, changes: said, problem } of targets) {
    if (said.length === 0 && problem === undefined) continue;
    lines.push(styled("strong", `target ${target}`));
    if (problem !== undefined) lines.push(`    ${styled("dim", problem)}`);
    lines.push(...said.map((text) => `  ${styled("change", "~")} ${text}`));
  }
  for (const refusal of refusals) lines.push(`${styled("remove", "refused:")} ${refusal}`);
  const count = changes.length + targets.reduce((sum, { changes: said }) => sum + said.length, 0);
  if (refusals.length === 0) {
    lines.push(
      count === 0
        ? "Nothing to do: everything is as the file says."
        : `${count} ${count === 1 ? "change" : "changes"}.`,
    );
  }
  return lines.join("\n");
}

function changeLines(change: Change, styled: Styled): readonly string[] {
  const { kind, alias, from, to, digest, moved, isProtected } = change;
  const guarded = isProtected ? "  (under a policy)" : "";
  const lines =
    kind === "remove"
      ? [`  ${styled("remove", "-")} @${alias}: version ${from}${guarded}`]
      : from === undefined
        ? [`  ${styled("add", "+")} @${alias}: version ${to} (sha256:${digest?.slice(0, 12)}…)${guarded}`]
        : [
            `  ${styled("change", "~")} @${alias}: version ${from} → version ${to} (sha256:${digest?.slice(0, 12)}…)${guarded}`,
          ];
  if (moved !== undefined && from !== undefined) lines.push(`      ${styled("dim", `version ${from} ${moved}`)}`);
  return lines;
}
