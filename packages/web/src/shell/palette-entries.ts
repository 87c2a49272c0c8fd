import type { Run } from "@esteira/core/entities/run";
import { experimentId } from "@esteira/core/ids";
import { useMantineColorScheme } from "@mantine/core";
import { queryOptions, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { accessQuery, end } from "../access/session.ts";
import { experimentsQuery } from "../api/experiment-queries.ts";
import { registeredModelsQuery } from "../api/model-queries.ts";
import { queries } from "../api/query-client.ts";
import { runClient } from "../api/run-client.ts";
import { LANGUAGES } from "../i18n/language.ts";
import { useLanguage } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";

export type Group = "pages" | "experiments" | "models" | "runs" | "actions";

/** One line of the palette. */
export interface Entry {
  readonly group: Group;
  readonly key: string;
  readonly title: string;
  readonly hint?: string;
  act(): void;
}

/** Experiments whose runs are searched by name, newest first: the server searches those that it is told. */
const MOST_EXPERIMENTS = 100;
const MOST_RUNS = 8;

/** Runs with a text in their names; none for an empty text. */
export const runsNamedQuery = (part: string) =>
  queryOptions({
    queryKey: ["palette-runs", part],
    enabled: part.length > 1,
    staleTime: 30_000,
    queryFn: async ({ signal }): Promise<readonly Run[]> => {
      const experiments = await queries.ensureQueryData(experimentsQuery("ACTIVE_ONLY"));
      if (experiments.length === 0) return [];
      const found = await runClient.search(
        {
          experimentIds: experiments.slice(0, MOST_EXPERIMENTS).map((one) => experimentId(one.experimentId)),
          filter: `attributes.run_name ILIKE '%${part.replaceAll(/['%_\\]/g, "")}%'`,
          maxResults: MOST_RUNS,
        },
        signal,
      );
      return found.items;
    },
  });

export function useRunEntry(): (run: Run) => Entry {
  const navigate = useNavigate();
  return (run) => ({
    ...{ group: "runs", key: `run ${run.info.runId}`, title: runNameOf(run), hint: run.info.runId.slice(0, 8) },
    act: () =>
      void navigate({
        to: "/experiments/$experimentId/runs/$runId",
        params: { experimentId: run.info.experimentId, runId: run.info.runId },
      }),
  });
}

/** All but runs: places that are known already, and what can be done from anywhere. */
export function useEntries(): readonly Entry[] {
  const { text, setLanguage, language } = useLanguage();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const access = useQuery(accessQuery).data;
  const experiments = useQuery(experimentsQuery("ACTIVE_ONLY")).data ?? [];
  const models = useInfiniteQuery(registeredModelsQuery("")).data?.pages.flatMap(({ items }) => items) ?? [];
  const page = (key: string, title: string, act: () => void): Entry => ({ group: "pages", key, title, act });
  const action = (key: string, title: string, act: () => void): Entry => ({ group: "actions", key, title, act });
  const themes = [
    ["light", text.shell.toLight],
    ["dark", text.shell.toDark],
    ["auto", text.shell.toSystem],
  ] as const;
  return [
    page("experiments", text.shell.experiments, () => void navigate({ to: "/experiments" })),
    page("models", text.shell.models, () => void navigate({ to: "/models" })),
    page("deployments", text.shell.deployments, () => void navigate({ to: "/deployments" })),
    ...(access?.user === undefined
      ? []
      : [page("account", text.access.account, () => void navigate({ to: "/account" }))]),
    ...experiments.map(
      (one): Entry => ({
        ...{ group: "experiments", key: `experiment ${one.experimentId}`, title: one.name },
        act: () => void navigate({ to: "/experiments/$experimentId", params: { experimentId: one.experimentId } }),
      }),
    ),
    ...models.map(
      ({ name }): Entry => ({
        ...{ group: "models", key: `model ${name}`, title: name },
        act: () => void navigate({ to: "/models/$name", params: { name } }),
      }),
    ),
    ...models.map(
      ({ name }): Entry => ({
        ...{ group: "models", key: `alerts ${name}`, title: `${text.reviews.title}: ${name}` },
        act: () => void navigate({ to: "/models/$name/alerts", params: { name } }),
      }),
    ),
    ...themes.map(([id, title]) => action(`theme ${id}`, title, () => setColorScheme(id))),
    ...LANGUAGES.filter(({ id }) => id !== language).map(({ id, name }) =>
      action(`language ${id}`, text.shell.toLanguage(name), () => setLanguage(id)),
    ),
    ...(access?.hasSession === true
      ? [
          action("sign-out", text.access.signOut, () => {
            void end(cache).then(() => navigate({ to: "/sign-in" }));
          }),
        ]
      : []),
  ];
}
