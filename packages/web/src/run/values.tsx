import type { Metric } from "@esteira/core/entities/metric";
import type { Param } from "@esteira/core/entities/tag";
import { useState } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { focusScroll } from "../shell/focus-scroll.ts";
import { Dim, Section } from "../shell/page.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import classes from "./run.module.css";

/** Rows drawn at once; the search narrows a longer list. */
const SHOWN = 500;
/** A list this short needs no search. */
const FEW = 8;
const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);

export function ParamsTable({ params }: { params: readonly Param[] }) {
  const text = useText();
  const [wanted, setWanted] = useState("");
  const found = matching(params, wanted, ({ value }) => value);
  return (
    <Section
      title={text.run.params}
      aside={
        params.length > FEW ? (
          <SearchInput label={text.run.searchParams} value={wanted} onChange={setWanted} width={210} />
        ) : null
      }
    >
      {params.length === 0 ? (
        <Dim>{text.run.noParams}</Dim>
      ) : (
        <List
          head={[{ title: text.run.parameter }, { title: text.common.value }]}
          found={found.length}
          rows={found.slice(0, SHOWN).map(({ key, value }) => ({
            key,
            cells: [
              key,
              <span key="value" className={classes.value}>
                {value}
              </span>,
            ],
          }))}
        />
      )}
    </Section>
  );
}

export function MetricsTable({ metrics, title }: { metrics: readonly Metric[]; title?: string }) {
  const text = useText();
  const format = useFormat();
  const [wanted, setWanted] = useState("");
  const found = matching(metrics, wanted, () => "");
  return (
    <Section
      title={title ?? text.run.metrics}
      aside={
        metrics.length > FEW ? (
          <SearchInput label={text.run.searchMetrics} value={wanted} onChange={setWanted} width={210} />
        ) : null
      }
    >
      {metrics.length === 0 ? (
        <Dim>{text.run.noMetrics}</Dim>
      ) : (
        <List
          head={[
            { title: text.run.metric },
            { title: text.run.lastValue, kind: "number" },
            { title: text.run.step, kind: "number" },
          ]}
          found={found.length}
          rows={found.slice(0, SHOWN).map(({ key, value, step }) => ({
            key,
            cells: [
              key,
              <span key="value" title={format.exact(value)}>
                {format.metric(value)}
              </span>,
              format.number(step),
            ],
          }))}
        />
      )}
    </Section>
  );
}

function List(props: Parameters<typeof SmallTable>[0] & { found: number }) {
  const text = useText();
  if (props.found === 0) return <Dim>{text.run.noMatch}</Dim>;
  return (
    <>
      <div className={classes.values} ref={focusScroll}>
        <SmallTable head={props.head} rows={props.rows} />
      </div>
      {props.found > SHOWN ? <Dim>{text.common.moreNotShown(props.found - SHOWN)}</Dim> : null}
    </>
  );
}

function matching<T extends { key: string }>(items: readonly T[], wanted: string, value: (item: T) => string): T[] {
  const part = wanted.trim().toLowerCase();
  return items
    .filter((item) => item.key.toLowerCase().includes(part) || value(item).toLowerCase().includes(part))
    .sort(byKey);
}
