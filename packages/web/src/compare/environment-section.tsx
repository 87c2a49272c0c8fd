import type { Run } from "@esteira/core/entities/run";
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useText } from "../i18n/use-text.tsx";
import { Mono } from "../shell/page.tsx";
import { Failure, Loading } from "../shell/states.tsx";
import classes from "./compare.module.css";
import { CompareTable } from "./compare-table.tsx";
import { comparedLines } from "./differences.ts";
import { environmentOf } from "./facts.ts";
import type { ComparedRun } from "./run-chips.tsx";
import { environmentQuery } from "./run-files.ts";

const NO_FILES: ReadonlyMap<string, string> = new Map();

/** What each run ran in: versions, packages, digests of lockfiles. */
export function EnvironmentSection(props: {
  readonly runs: readonly Run[];
  readonly heads: readonly ComparedRun[];
  readonly onlyDifferences: boolean;
}) {
  const text = useText();
  const { runs, heads, onlyDifferences } = props;
  const answers: readonly UseQueryResult<ReadonlyMap<string, string>>[] = useQueries({
    queries: runs.map(environmentQuery),
  });
  if (answers.some(({ isPending }) => isPending)) return <Loading lines={4} />;
  const fault = answers.find(({ error }) => error !== null);
  const lines = comparedLines(runs.map((run, at) => environmentOf(run, answers[at]?.data ?? NO_FILES)));
  return (
    <>
      {fault ? <Failure error={fault.error} retry={() => void fault.refetch()} /> : null}
      {lines.length === 0 ? (
        <p className={classes.hint}>{text.compare.noEnvironment}</p>
      ) : (
        <CompareTable
          heads={heads}
          lines={lines}
          show={(value) => <Mono>{value}</Mono>}
          onlyDifferences={onlyDifferences}
        />
      )}
    </>
  );
}
