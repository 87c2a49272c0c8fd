import { EsteiraError } from "@esteira/core/errors";
import { ActionIcon, Button, SegmentedControl, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { baseUrl } from "../api/client.ts";
import { experimentQuery } from "../api/queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { firstRunCode } from "../run/snippets.ts";
import { CodeBlock } from "../shell/code-block.tsx";
import { CompareIcon, RefreshIcon } from "../shell/icons.tsx";
import { Heading, Page } from "../shell/page.tsx";
import { Empty, Failure, Loading } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { ColumnPicker } from "./column-picker.tsx";
import { availableKeys, nextSort, parseSort, shownColumns, sortText } from "./columns.ts";
import { FilterBar } from "./filter-bar.tsx";
import classes from "./runs-page.module.css";
import { RunsTable } from "./runs-table.tsx";
import type { RunsSearch } from "./search.ts";
import { useRuns } from "./use-runs.ts";

const route = getRouteApi("/experiments/$experimentId");
const NONE: readonly string[] = [];

export function RunsPage() {
  const text = useText();
  const { experimentId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (next: Partial<RunsSearch>) => void navigate({ search: (now) => ({ ...now, ...next }), replace: true }),
    [navigate],
  );
  const experiment = useQuery(experimentQuery(experimentId));
  const view = useRuns(experimentId, search);
  const available = useMemo(() => availableKeys(view.runs), [view.runs]);
  const columns = useMemo(() => shownColumns(search.columns, available), [search.columns, available]);
  const selected = search.selected ?? NONE;
  const selectedSet = useMemo(() => new Set(selected), [selected]);
  const sort = parseSort(search.sort);
  const name = experiment.data?.name ?? experimentId;
  useTitle(name);

  const filterFault = filterFaultOf(view.error, search.filter);
  const select = useCallback(
    (ids: readonly string[], on: boolean) =>
      void navigate({
        replace: true,
        search: (now) => ({ ...now, selected: selectedAfter(now.selected ?? NONE, ids, on) }),
      }),
    [navigate],
  );

  if (experiment.error) {
    return (
      <Page>
        <Failure error={experiment.error} retry={() => experiment.refetch()} />
      </Page>
    );
  }
  return (
    <Page full>
      <Heading crumbs={<Link to="/experiments">{text.experiments.title}</Link>} title={name} />
      <div className={classes.bar}>
        <FilterBar
          filter={search.filter ?? ""}
          onFilter={(filter) => change({ filter: filter || undefined })}
          error={filterFault}
        />
        <SegmentedControl
          aria-label={text.runs.state}
          value={search.state ?? "active"}
          onChange={(state) => change({ state: state === "deleted" ? "deleted" : undefined, selected: undefined })}
          data={[
            { value: "active", label: text.runs.active },
            { value: "deleted", label: text.runs.deleted },
          ]}
        />
        <ColumnPicker
          available={available}
          shown={columns}
          onChange={(next) => change({ columns: next?.map(({ id }) => id) })}
        />
        <ActionIcon size={30} variant="default" aria-label={text.common.refresh} onClick={view.refresh}>
          <RefreshIcon size={14} />
        </ActionIcon>
      </div>
      <div className={classes.selection}>
        <Switch
          label={text.runs.nested}
          title={text.runs.nestedHint}
          checked={search.nested !== false}
          onChange={(event) => change({ nested: event.currentTarget.checked ? undefined : false })}
        />
        <span aria-live="polite">
          {view.loading || view.error
            ? ""
            : view.hasMore
              ? text.runs.loadedMore(view.runs.length)
              : text.runs.loaded(view.runs.length)}
        </span>
        <span style={{ flex: 1 }} />
        {selected.length > 0 ? (
          <>
            <span>{text.runs.selected(selected.length)}</span>
            <Button variant="subtle" color="gray" px={8} onClick={() => change({ selected: undefined })}>
              {text.common.clear}
            </Button>
          </>
        ) : null}
        <Button
          leftSection={<CompareIcon size={14} />}
          disabled={selected.length < 2}
          title={text.runs.compareHint}
          onClick={() => void navigate({ to: "/compare-runs", search: { runs: [...selected] } })}
        >
          {text.runs.compare}
        </Button>
      </div>
      {content()}
    </Page>
  );

  function content() {
    if (filterFault !== undefined) return <Empty>{text.runs.fixFilter}</Empty>;
    if (view.error) return <Failure error={view.error} retry={view.refresh} />;
    if (view.loading) return <Loading lines={12} />;
    if (view.runs.length === 0) return <NoRuns search={search} experiment={name} />;
    return (
      <RunsTable
        nodes={view.nodes}
        columns={columns}
        sort={sort}
        onSort={(column) => change({ sort: sortText(nextSort(sort, column)) })}
        selected={selectedSet}
        onSelect={select}
        hasMore={view.hasMore}
        loadMore={view.loadMore}
      />
    );
  }
}

const selectedAfter = (before: readonly string[], ids: readonly string[], on: boolean): string[] | undefined => {
  const named = new Set(ids);
  const rest = before.filter((id) => !named.has(id));
  const next = on ? [...rest, ...ids] : rest;
  return next.length === 0 ? undefined : next;
};

/** The server's words about the filter, when it is the filter that it refuses. */
const filterFaultOf = (error: unknown, filter: string | undefined): string | undefined =>
  filter && error instanceof EsteiraError && error.code === "INVALID_PARAMETER_VALUE" ? error.message : undefined;

function NoRuns({ search, experiment }: { search: RunsSearch; experiment: string }) {
  const text = useText();
  if (search.filter) return <Empty>{text.runs.noMatch}</Empty>;
  if (search.state === "deleted") return <Empty>{text.runs.emptyDeleted}</Empty>;
  return (
    <Empty>
      <p>{text.runs.empty}</p>
      <CodeBlock code={firstRunCode(`${location.origin}${baseUrl}`, experiment)} />
    </Empty>
  );
}
