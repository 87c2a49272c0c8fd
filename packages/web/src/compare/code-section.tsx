import type { Run } from "@esteira/core/entities/run";
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useText } from "../i18n/use-text.tsx";
import { gitCommitOf, runNameOf } from "../runs/run-values.ts";
import { Mono } from "../shell/page.tsx";
import { Failure, Loading } from "../shell/states.tsx";
import classes from "./compare.module.css";
import { CompareTable } from "./compare-table.tsx";
import { comparedLines } from "./differences.ts";
import { type CodeKey, codeOf, comparisonUrl } from "./facts.ts";
import { lineDiff, pieces } from "./line-diff.ts";
import type { ComparedRun } from "./run-chips.tsx";
import { changesQuery } from "./run-files.ts";

interface CodeSectionProps {
  readonly runs: readonly Run[];
  readonly heads: readonly ComparedRun[];
  readonly onlyDifferences: boolean;
  /** Run ids whose changes are set beside each other. */
  readonly from: string;
  readonly to: string;
  onPair(pair: { from?: string; to?: string }): void;
}

/** Which code each run ran, and between two of them what their uncommitted changes differ by. */
export function CodeSection({ runs, heads, onlyDifferences, from, to, onPair }: CodeSectionProps) {
  const text = useText();
  const lines = comparedLines<string>(runs.map((run) => codeOf(run))).map((line) => ({
    ...line,
    key: text.compare.code[line.key as CodeKey] ?? line.key,
  }));
  const [first, second] = [from, to].map((id) => runs.find((run) => run.info.runId === id) ?? runs[0]!) as [Run, Run];
  const url = comparisonUrl(codeOf(second).get("repository"), gitCommitOf(first), gitCommitOf(second));
  const choices = runs.map((run) => ({ value: run.info.runId, label: runNameOf(run) }));
  return (
    <>
      <CompareTable
        heads={heads}
        lines={lines}
        show={(value) => (
          <Mono>{value === "?" ? text.compare.changed : value === "–" ? text.compare.unchanged : value}</Mono>
        )}
        onlyDifferences={onlyDifferences}
      />
      <div className={classes.pair}>
        <NativeSelect
          size="xs"
          label={text.compare.changesOf}
          data={choices}
          value={first.info.runId}
          onChange={(event) => onPair({ from: event.currentTarget.value })}
        />
        <NativeSelect
          size="xs"
          label={text.compare.besideOf}
          data={choices}
          value={second.info.runId}
          onChange={(event) => onPair({ to: event.currentTarget.value })}
        />
        {url === undefined ? null : (
          <a href={url} target="_blank" rel="noreferrer noopener">
            {text.compare.commitsAtHost}
          </a>
        )}
      </div>
      <Changes first={first} second={second} />
      <p className={classes.hint}>
        {text.compare.codeHint} <Mono>{`esteira diff ${first.info.runId} ${second.info.runId}`}</Mono>
      </p>
    </>
  );
}

const MARKS = { same: " ", removed: "-", added: "+" } as const;
/** Lines of a difference that are drawn. */
const SHOWN = 2000;

function Changes({ first, second }: { readonly first: Run; readonly second: Run }) {
  const text = useText();
  const [before, after] = [useQuery(changesQuery(first)), useQuery(changesQuery(second))];
  const fault = before.error ?? after.error;
  if (fault) return <Failure error={fault} retry={() => void Promise.all([before.refetch(), after.refetch()])} />;
  if (before.data === undefined || after.data === undefined) return <Loading lines={3} />;
  if (before.data === "" && after.data === "") return <p className={classes.hint}>{text.compare.noChanges}</p>;
  const lines = pieces(lineDiff(before.data, after.data));
  if (lines.length === 0) return <p className={classes.hint}>{text.compare.sameChanges}</p>;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className={classes.diff} tabIndex={0} aria-label={text.compare.changesDiff}>
        <pre>
          {lines.slice(0, SHOWN).map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
            <span key={at} data-kind={line?.kind ?? "gap"}>
              {line === undefined ? "⋯" : `${MARKS[line.kind]} ${line.text}`}
              {"\n"}
            </span>
          ))}
        </pre>
      </section>
      {lines.length > SHOWN ? <p className={classes.hint}>{text.charts.andMore(lines.length - SHOWN)}</p> : null}
    </>
  );
}
