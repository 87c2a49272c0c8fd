import { ActionIcon, SegmentedControl, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { baseUrl } from "../api/client.ts";
import { experimentQuery } from "../api/experiment-queries.ts";
import { allKeysQuery, newestKeysQuery } from "../api/run-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { firstRunCode } from "../run/snippets.ts";
import { CodeBlock } from "../shell/code-block.tsx";
import { RefreshIcon } from "../shell/icons.tsx";
import { Heading, Page } from "../shell/page.tsx";
import { Empty, Failure, Loading } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { ColumnPicker } from "./column-picker.tsx";
import { availableKeys, groupingColumns, parseColumn, parseSort, pinnedFirst, shownColumns } from "./columns.ts";
import { ExportMenu } from "./export-menu.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { wordsOf } from "./filter-words.ts";
import { GroupMenu } from "./group-menu.tsx";
import { Notices, useNotices } from "./notices.tsx";
import classes from "./runs-page.module.css";
import { RunsTable } from "./runs-table.tsx";
import { type RunsSearch, stateOf, viewOf, wholeState } from "./search.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { useColumnActions } from "./use-column-actions.ts";
import { useRuns } from "./use-runs.ts";
import { useSelection } from "./use-selection.ts";
import { viewsOf } from "./views.ts";
import { ViewsMenu } from "./views-menu.tsx";

const route = getRouteApi("/experiments/$experimentId");
const NONE: readonly string[] = [];

export function RunsPage() {
  const text = useText();
  const { experimentId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (next: Partial<RunsSearch> | ((now: RunsSearch) => Partial<RunsSearch>)) =>
      void navigate({
        search: (now) => ({ ...now, ...(typeof next === "function" ? next(now) : next) }),
        replace: true,
      }),
    [navigate],
  );
  const experiment = useQuery(experimentQuery(experimentId));
  const stage = stateOf(search);
  const newest = useQuery(newestKeysQuery(experimentId, viewOf(search)));
  const [wantsKeys, setWantsKeys] = useState(false);
  const all = useQuery({ ...allKeysQuery(experimentId, viewOf(search)), enabled: wantsKeys });
  const wantKeys = useCallback(() => setWantsKeys(true), []);
  const available = useMemo(() => availableKeys(all.data ?? newest.data), [all.data, newest.data]);
  const areKnown = search.columns !== undefined || !newest.isPending;
  const columns = useMemo(
    () => pinnedFirst(shownColumns(search.columns, availableKeys(newest.data)), search.pinned),
    [search.columns, search.pinned, newest.data],
  );
  const [field, setField] = useState<string>();
  const shown = useMemo(
    () => (areKnown ? [...columns.map(({ id }) => id), ...(field === undefined ? [] : [field])] : undefined),
    [areKnown, columns, field],
  );
  const [folded, setFolded] = useState<Readonly<Record<string, boolean>>>({});
  const fold = useCallback((id: string, open: boolean) => setFolded((before) => ({ ...before, [id]: open })), []);
  const view = useRuns(experimentId, search, shown, folded);
  const words = useMemo(() => wordsOf(available, view.frame), [available, view.frame]);
  const keepSelected = useCallback((selected: string[] | undefined) => change({ selected }), [change]);
  const { selected, select, clear } = useSelection(search.selected, keepSelected);
  const chosen = useMemo(() => [...selected], [selected]);
  const { notice, notify, dismiss } = useNotices();
  const actions = useColumnActions(change, columns);
  const groups = search.groups ?? NONE;
  const aggregate = search.agg ?? "mean";
  const groupable = useMemo(() => new Set(groupingColumns(available).map(({ id }) => id)), [available]);
  const name = experiment.data?.name ?? experimentId;
  const views = useMemo(() => viewsOf(experiment.data), [experiment.data]);
  useTitle(name);

  // A link may name a view and say nothing else.
  const named = views.find(({ id }) => id === search.view);
  const saysMore = Object.entries(search).some(([key, value]) => key !== "view" && value !== undefined);
  useEffect(() => {
    if (named !== undefined && !saysMore) change(wholeState(named.state));
  }, [named, saysMore, change]);

  if (experiment.error) {
    return (
      <Page>
        <Failure error={experiment.error} retry={() => experiment.refetch()} />
      </Page>
    );
  }
  return (
    <Page full>
      <Heading crumbs={<Link to="/experiments">{text.experiments.title}</Link>} title={<bdi>{name}</bdi>}>
        <Link to="/experiments/$experimentId/charts" params={{ experimentId }} search={{ filter: search.filter }}>
          {text.charts.title}
        </Link>
      </Heading>
      <div className={classes.bar}>
        <FilterBar
          filter={search.filter ?? ""}
          onFilter={(filter) => change({ filter: filter || undefined })}
          fault={view.filterFault}
          words={words}
          onField={(column) => setField(column !== undefined && parseColumn(column) ? column : undefined)}
          onBegin={wantKeys}
        />
        <SegmentedControl
          aria-label={text.runs.state}
          value={stage}
          onChange={(state) => {
            clear();
            change({ state: state === "deleted" || state === "archived" ? state : undefined });
          }}
          data={[
            { value: "active", label: text.runs.active },
            { value: "archived", label: text.runs.archived },
            { value: "deleted", label: text.runs.deleted },
          ]}
        />
      </div>
      <div className={classes.tools}>
        <GroupMenu
          available={available}
          groups={groups}
          aggregate={aggregate}
          onGroups={(next) => change({ groups: next.length === 0 ? undefined : [...next] })}
          onAggregate={(agg) => change({ agg: agg === "mean" ? undefined : agg })}
          onBegin={wantKeys}
        />
        {groups.length > 0 ? null : (
          <Switch
            label={text.runs.nested}
            title={text.runs.nestedHint}
            checked={search.nested !== false}
            onChange={(event) => change({ nested: event.currentTarget.checked ? undefined : false })}
          />
        )}
        <span className={classes.tally} aria-live="polite" aria-busy={view.isPending}>
          {tally()}
        </span>
        <ViewsMenu
          experiment={experimentId}
          views={views}
          search={search}
          onOpen={(saved) => {
            clear();
            change({ ...wholeState(saved?.state ?? {}), view: saved?.id });
          }}
          onSaved={(id) => change({ view: id })}
          notify={notify}
        />
        <ColumnPicker
          available={available}
          shown={columns}
          pinned={search.pinned ?? NONE}
          onChange={(next) =>
            change(
              next === undefined
                ? { columns: undefined, pinned: undefined, widths: undefined }
                : { columns: [...next] },
            )
          }
          onPin={actions.pin}
          onBegin={wantKeys}
        />
        <ExportMenu
          experiment={experimentId}
          name={name}
          search={search}
          frame={view.frame}
          rows={view.rows}
          columns={columns}
          notify={notify}
        />
        <ActionIcon
          size={30}
          variant="default"
          aria-label={text.common.refresh}
          title={text.common.refresh}
          onClick={() => view.store.refresh()}
        >
          <RefreshIcon size={14} />
        </ActionIcon>
      </div>
      {view.error && view.frame !== undefined ? (
        <p className={classes.away} role="status">
          {text.runs.away}
        </p>
      ) : null}
      {content()}
      <SelectionBar
        experiment={experimentId}
        selected={chosen}
        state={stage}
        store={view.store}
        notify={notify}
        onClear={clear}
      />
      <Notices notice={notice} notify={notify} dismiss={dismiss} />
    </Page>
  );

  function tally() {
    if (view.frame === undefined || view.filterFault !== undefined || !view.isReady) return "";
    const count = view.rows.length;
    if (!view.isComplete) return text.runs.loadedMore(count);
    const more = view.frame.hasMore ? ` · ${text.runs.newestOnly(view.frame.ids.length)}` : "";
    const total = groups.length > 0 ? ` · ${text.runs.groupCount(view.groups.length)}` : "";
    return `${text.runs.loaded(count)}${total}${more}`;
  }

  function content() {
    if (view.filterFault !== undefined) return <Empty>{text.runs.fixFilter}</Empty>;
    if (view.frame === undefined && view.error)
      return <Failure error={view.error} retry={() => view.store.refresh()} />;
    if (view.frame === undefined || !view.isReady) return <Loading lines={12} />;
    if (view.rows.length === 0)
      return <NoRuns search={search} experiment={name} onAll={() => change({ filter: undefined })} />;
    return (
      <RunsTable
        experiment={experimentId}
        frame={view.frame}
        rows={view.rows}
        display={view.display}
        columns={columns}
        search={search}
        sort={parseSort(search.sort)}
        groupable={groupable}
        actions={actions}
        aggregate={aggregate}
        folded={folded}
        onFold={fold}
        selected={selected}
        onSelect={select}
      />
    );
  }
}

function NoRuns({ search, experiment, onAll }: { search: RunsSearch; experiment: string; onAll(): void }) {
  const text = useText();
  if (search.filter) {
    return (
      <Empty>
        <p>{text.runs.noMatch}</p>
        <button type="button" className={classes.link} onClick={onAll}>
          {text.runs.showAll}
        </button>
      </Empty>
    );
  }
  if (search.state === "deleted") return <Empty>{text.runs.emptyDeleted}</Empty>;
  if (search.state === "archived") return <Empty>{text.runs.emptyArchived}</Empty>;
  return (
    <Empty>
      <p>{text.runs.empty}</p>
      <CodeBlock code={firstRunCode(`${location.origin}${baseUrl}`, experiment)} />
    </Empty>
  );
}
