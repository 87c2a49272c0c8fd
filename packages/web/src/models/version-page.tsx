import type { ModelVersion, RegisteredModel } from "@esteira/core/entities/registered-model";
import type { Target } from "@esteira/core/policy/policy";
import { Button, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../access/rights.tsx";
import { registeredModelQuery, versionQuery, versionsQuery } from "../api/model-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { Dim, Heading, Note, Page } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Aliases, StageBadge } from "./badges.tsx";
import { CardView } from "./card-view.tsx";
import { GateChecks } from "./gate-checks.tsx";
import { PromotionDialog } from "./promotion-dialog.tsx";
import { VERSION_TABS } from "./search.ts";
import { Standing } from "./standing-panel.tsx";
import { VersionOverview } from "./version-overview.tsx";
import { aliasesOf } from "./versions.ts";

const route = getRouteApi("/models/$name/versions/$version");

export function VersionPage() {
  const { name, version } = route.useParams();
  const text = useText();
  const query = useQuery(versionQuery(name, version));
  useTitle(`${name} · ${text.models.versionName(version)}`);
  return (
    <Page>
      <Answer query={query}>{(loaded) => <Loaded version={loaded} />}</Answer>
    </Page>
  );
}

function Loaded({ version }: { version: ModelVersion }) {
  const text = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const model = useQuery(registeredModelQuery(version.name)).data;
  const versions = useQuery(versionsQuery(version.name)).data;
  const aliases = model ? aliasesOf(model.aliases, version.version) : version.aliases;
  const [target, setTarget] = useState<Target>();
  const may = useMay("registered_model", version.name);
  const titles = {
    overview: text.models.overview,
    evidence: text.models.gate,
    promotion: text.models.promotion,
    card: text.models.card,
  };
  return (
    <>
      <Heading
        crumbs={[
          <Link key="all" to="/models">
            {text.models.title}
          </Link>,
          <Link key="one" to="/models/$name" params={{ name: version.name }}>
            {version.name}
          </Link>,
        ]}
        title={text.models.versionName(version.version)}
      >
        {aliases.length > 0 ? <Aliases aliases={aliases} /> : null}
        {version.currentStage === "None" ? null : <StageBadge stage={version.currentStage} />}
        <Button variant="default" disabled={!may.update} onClick={() => setTarget({ alias: "champion" })}>
          {text.promotion.promote}
        </Button>
        {may.update ? null : <Dim>{may.why}</Dim>}
      </Heading>
      {version.description ? <Note>{version.description}</Note> : <Dim>{text.models.noDescription}</Dim>}
      <Tabs
        mt={14}
        value={search.tab ?? "overview"}
        keepMounted={false}
        onChange={(value) => {
          const tab = VERSION_TABS.find((one) => one === value);
          void navigate({ search: { tab: tab === "overview" ? undefined : tab } });
        }}
      >
        <Tabs.List mb={16}>
          {VERSION_TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {titles[tab]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <VersionOverview version={version} aliases={aliases} />
        </Tabs.Panel>
        <Tabs.Panel value="evidence">
          <GateChecks tags={version.tags} ofRun={version.runId} />
        </Tabs.Panel>
        <Tabs.Panel value="promotion">
          <Standing name={version.name} version={version.version} onPromote={setTarget} />
        </Tabs.Panel>
        <Tabs.Panel value="card">
          <CardView version={version} />
        </Tabs.Panel>
      </Tabs>
      <Promotion {...{ model, versions, target }} version={version.version} onClose={() => setTarget(undefined)} />
    </>
  );
}

function Promotion(props: {
  model: RegisteredModel | undefined;
  versions: readonly ModelVersion[] | undefined;
  version: string;
  target: Target | undefined;
  onClose(): void;
}) {
  const { model, versions, version, target, onClose } = props;
  if (model === undefined || versions === undefined || target === undefined) return null;
  return <PromotionDialog {...{ model, versions, version, target, onClose }} />;
}
