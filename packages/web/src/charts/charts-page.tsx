import { EsteiraError } from "@esteira/core/errors";
import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { experimentQuery } from "../api/experiment-queries.ts";
import { chartedRunsQuery, RUNS_OF_CHARTS } from "../api/run-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { SearchIcon } from "../shell/icons.tsx";
import { Heading, Page } from "../shell/page.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { ChartViews } from "./chart-views.tsx";
import classes from "./charts.module.css";
import type { ChartsPageSearch } from "./page-search.ts";

const route = getRouteApi("/experiments/$experimentId/charts");

/** Pictures of an experiment's runs, or of those that a filter finds. */
export function ChartsPage() {
  const text = useText();
  const { experimentId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const experiment = useQuery(experimentQuery(experimentId));
  const query = useQuery(chartedRunsQuery(experimentId, search.filter ?? ""));
  const name = experiment.data?.name ?? experimentId;
  useTitle(`${text.charts.title} · ${name}`);
  const change = (next: Partial<ChartsPageSearch>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const fault =
    search.filter && query.error instanceof EsteiraError && query.error.code === "INVALID_PARAMETER_VALUE"
      ? query.error.message
      : undefined;
  return (
    <Page>
      <Heading
        crumbs={[
          <Link key="all" to="/experiments">
            {text.experiments.title}
          </Link>,
          <Link key="one" to="/experiments/$experimentId" params={{ experimentId }} search={{ filter: search.filter }}>
            {name}
          </Link>,
        ]}
        title={text.charts.title}
      />
      <Filter
        key={search.filter ?? ""}
        filter={search.filter ?? ""}
        fault={fault}
        onFilter={(filter) => change({ filter: filter || undefined })}
      />
      {fault !== undefined ? (
        <Empty>{text.runs.fixFilter}</Empty>
      ) : (
        <Answer query={query}>
          {({ runs, hasMore }) => (
            <>
              <p className={classes.notes}>
                {hasMore ? text.charts.newestRuns(RUNS_OF_CHARTS) : text.runs.loaded(runs.length)}
              </p>
              {runs.length === 0 ? (
                <Empty>{search.filter ? text.runs.noMatch : text.charts.noRuns}</Empty>
              ) : (
                <ChartViews runs={runs} search={search} onChange={change} legend />
              )}
            </>
          )}
        </Answer>
      )}
    </Page>
  );
}

/** Applied by Enter or on leaving the field, so that half a filter is never an error. */
function Filter(props: {
  readonly filter: string;
  readonly fault: string | undefined;
  onFilter(filter: string): void;
}) {
  const text = useText();
  const [draft, setDraft] = useState(props.filter);
  const apply = () => (draft.trim() === props.filter ? undefined : props.onFilter(draft.trim()));
  return (
    <form
      className={classes.filter}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <TextInput
        aria-label={text.runs.filterLabel}
        placeholder={text.runs.filterPlaceholder}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={apply}
        error={props.fault}
        leftSection={<SearchIcon size={14} />}
      />
    </form>
  );
}
