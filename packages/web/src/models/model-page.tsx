import type { RegisteredModel } from "@esteira/core/entities/registered-model";
import { Button, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useMay } from "../access/rights.tsx";
import { registeredModelQuery, versionsQuery } from "../api/model-queries.ts";
import { DeploymentList } from "../deployments/deployment-list.tsx";
import { modelDeploymentsQuery } from "../deployments/deployment-queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Protection } from "../policy/protection.tsx";
import { Dim, Facts, Heading, Note, Page, Section } from "../shell/page.tsx";
import { Answer, Loading } from "../shell/states.tsx";
import { TagList } from "../shell/tag-list.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Aliases } from "./badges.tsx";
import { Flows } from "./flows-view.tsx";
import { historyQuery } from "./life-queries.ts";
import { PromotionDialog } from "./promotion-dialog.tsx";
import { formerOf, reignsOf } from "./reigns.ts";
import { Reigns } from "./reigns-view.tsx";
import { MODEL_TABS } from "./search.ts";
import { Timeline } from "./timeline-view.tsx";
import { VersionTable } from "./version-table.tsx";

const route = getRouteApi("/models/$name");

const Monitoring = lazy(async () => ({ default: (await import("../monitoring/monitoring-view.tsx")).Monitoring }));

export function ModelPage() {
  const { name } = route.useParams();
  const query = useQuery(registeredModelQuery(name));
  useTitle(name);
  return (
    <Page>
      <Answer query={query}>{(model) => <Loaded model={model} />}</Answer>
    </Page>
  );
}

function Loaded({ model }: { model: RegisteredModel }) {
  const text = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const titles = {
    versions: text.models.versions,
    monitoring: text.monitoring.title,
    timeline: text.timeline.title,
    flows: text.flows.title,
    protection: text.policy.title,
    details: text.run.details,
  };
  return (
    <>
      <Heading crumbs={<Link to="/models">{text.models.title}</Link>} title={model.name}>
        {model.aliases.length === 0 ? null : (
          <Aliases aliases={model.aliases.map(({ alias, version }) => `${alias} → ${version}`)} />
        )}
        <RollBack model={model} />
      </Heading>
      {model.description ? <Note>{model.description}</Note> : <Dim>{text.models.noDescription}</Dim>}
      <Tabs
        mt={14}
        value={search.tab ?? "versions"}
        keepMounted={false}
        onChange={(value) => {
          const tab = MODEL_TABS.find((one) => one === value);
          void navigate({ search: { tab: tab === "versions" ? undefined : tab } });
        }}
      >
        <Tabs.List mb={16}>
          {MODEL_TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {titles[tab]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="versions">
          <Versions model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="monitoring">
          <Suspense fallback={<Loading />}>
            <Monitoring
              name={model.name}
              shown={search.report}
              onShow={(report) => void navigate({ search: (now) => ({ ...now, report }) })}
            />
          </Suspense>
        </Tabs.Panel>
        <Tabs.Panel value="timeline">
          <Timeline
            name={model.name}
            filter={search.show ?? "all"}
            onFilter={(show) =>
              void navigate({ search: (now) => ({ ...now, show: show === "all" ? undefined : show }), replace: true })
            }
          />
        </Tabs.Panel>
        <Tabs.Panel value="flows">
          <Flows name={model.name} open={search.flow} />
        </Tabs.Panel>
        <Tabs.Panel value="protection">
          <Protection name={model.name} />
        </Tabs.Panel>
        <Tabs.Panel value="details">
          <Details model={model} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Versions({ model }: { model: RegisteredModel }) {
  const text = useText();
  const { picked } = route.useSearch();
  const navigate = route.useNavigate();
  const versions = useQuery(versionsQuery(model.name));
  return (
    <>
      <Answer query={versions}>
        {(list) => (
          <VersionTable
            model={model}
            versions={list}
            picked={picked ?? []}
            onPick={(next) =>
              void navigate({
                search: (now) => ({ ...now, picked: next.length === 0 ? undefined : [...next] }),
                replace: true,
              })
            }
          />
        )}
      </Answer>
      <Served name={model.name} />
      <Section title={text.timeline.reigns}>
        <Reigns name={model.name} />
      </Section>
    </>
  );
}

/** Where the model's versions run; nothing where none does. */
function Served({ name }: { name: string }) {
  const text = useText();
  const found = useQuery(modelDeploymentsQuery(name)).data?.filter(({ state }) => state !== "removed") ?? [];
  if (found.length === 0) return null;
  return (
    <Section title={text.deployments.whereServed}>
      <DeploymentList deployments={found} />
    </Section>
  );
}

function Details({ model }: { model: RegisteredModel }) {
  const text = useText();
  const format = useFormat();
  return (
    <>
      <Facts
        facts={[
          [text.models.created, format.dateTime(model.creationTimestamp)],
          [text.models.updated, format.dateTime(model.lastUpdatedTimestamp)],
        ]}
      />
      <Section title={text.common.tags}>
        <TagList tags={model.tags} />
      </Section>
    </>
  );
}

/** Back to the champion before this one, by the same rules as forward. Nothing where there was none. */
function RollBack({ model }: { model: RegisteredModel }) {
  const text = useText();
  const entries = useQuery(historyQuery(model.name)).data;
  const versions = useQuery(versionsQuery(model.name)).data;
  const [isOpen, setOpen] = useState(false);
  const may = useMay("registered_model", model.name);
  const former = entries === undefined ? undefined : formerOf(reignsOf(entries), "champion");
  if (former === undefined || versions?.some(({ version }) => version === former) !== true) return null;
  return (
    <>
      <Button variant="default" disabled={!may.update} onClick={() => setOpen(true)}>
        {text.promotion.rollBackTo(former)}
      </Button>
      {may.update ? null : <Dim>{may.why}</Dim>}
      {isOpen ? (
        <PromotionDialog
          model={model}
          versions={versions}
          version={former}
          target={{ alias: "champion" }}
          isRollback
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
