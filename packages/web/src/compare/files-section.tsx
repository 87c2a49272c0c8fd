import type { Run } from "@esteira/core/entities/run";
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { FileView } from "../artifacts/file-view.tsx";
import { fileKind } from "../artifacts/kinds.ts";
import { KeySelect } from "../charts/key-select.tsx";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";
import { Failure, Loading } from "../shell/states.tsx";
import classes from "./compare.module.css";
import { CompareTable } from "./compare-table.tsx";
import { comparedLines } from "./differences.ts";
import type { ComparedRun } from "./run-chips.tsx";
import { filesQuery, sourceOfRun } from "./run-files.ts";

/** Files that are shown beside each other. */
const SHOWN = 8;

interface FilesSectionProps {
  readonly runs: readonly Run[];
  readonly heads: readonly ComparedRun[];
  readonly onlyDifferences: boolean;
  /** The path that is shown of each run. */
  readonly file: string | undefined;
  onFile(path: string): void;
}

/** Which files each run has, and one of them of all runs side by side. */
export function FilesSection({ runs, heads, onlyDifferences, file, onFile }: FilesSectionProps) {
  const text = useText();
  const format = useFormat();
  const answers: readonly UseQueryResult<{ sizes: ReadonlyMap<string, number>; hasMore: boolean }>[] = useQueries({
    queries: runs.map(filesQuery),
  });
  if (answers.some(({ isPending }) => isPending)) return <Loading lines={4} />;
  const fault = answers.find(({ error }) => error !== null);
  const none: ReadonlyMap<string, number> = new Map();
  const lines = comparedLines(runs.map((_, at) => answers[at]?.data?.sizes ?? none));
  const paths = lines.map(({ key }) => key);
  // A picture that most runs have says more than the first name.
  const best = [...lines].sort(
    (a, b) => Number(isPicture(b.key)) - Number(isPicture(a.key)) || owners(b) - owners(a),
  )[0];
  const open = file !== undefined && paths.includes(file) ? file : best?.key;
  return (
    <>
      {fault ? <Failure error={fault.error} retry={() => void fault.refetch()} /> : null}
      <CompareTable heads={heads} lines={lines} show={format.bytes} onlyDifferences={onlyDifferences} />
      {answers.some(({ data }) => data?.hasMore) ? <p className={classes.hint}>{text.compare.moreFiles}</p> : null}
      {lines.length > 0 ? <p className={classes.hint}>{text.compare.sizesHint}</p> : null}
      {open === undefined ? null : (
        <>
          <div className={classes.pair}>
            <KeySelect
              label={text.compare.sideBySide}
              value={open}
              choices={paths.map((path) => ({ value: path, label: path }))}
              onChange={onFile}
            />
          </div>
          <div className={classes.files}>
            {runs.slice(0, SHOWN).map((run, at) => (
              <div key={run.info.runId} className={classes.file}>
                <h3>
                  <span className={classes.swatch} style={{ background: heads[at]?.color }} />{" "}
                  <bdi>{heads[at]?.name}</bdi>
                </h3>
                {answers[at]?.data?.sizes.has(open) ? (
                  <FileView source={sourceOfRun(run)} path={open} />
                ) : (
                  <Dim>{text.compare.noSuchFile}</Dim>
                )}
              </div>
            ))}
          </div>
          {runs.length > SHOWN ? <p className={classes.hint}>{text.charts.runsDrawn(SHOWN, runs.length)}</p> : null}
        </>
      )}
    </>
  );
}

const isPicture = (path: string) => ["image", "svg"].includes(fileKind(path));
const owners = (line: { readonly values: readonly unknown[] }) =>
  line.values.filter((value) => value !== undefined).length;
