import type { LoggedModel } from "@esteira/core/entities/logged-model";
import type { Metric } from "@esteira/core/entities/metric";
import type { Page } from "@esteira/core/entities/page";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { Run } from "@esteira/core/entities/run";
import type { Tag } from "@esteira/core/entities/tag";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";

/** Everything that a store's callers can read, in the shape and order of `snapshot` in oracle.py. */
export async function snapshot(store: TrackingStore & RegistryStore) {
  const experiments = (await store.searchExperiments({ viewType: "ALL" })).items;
  const experimentIds = experiments.map((experiment) => experiment.experimentId);
  const runs = await store.searchRuns({ experimentIds, viewType: "ALL" });
  const models = await all((pageToken) =>
    store.searchLoggedModels({ experimentIds, ...(pageToken === undefined ? {} : { pageToken }) }),
  );
  const registered = (await store.searchRegisteredModels({})).items;
  const versions = (await store.searchModelVersions({})).items;
  return {
    experiments: Object.fromEntries(
      experiments.map((one) => [
        one.experimentId,
        {
          name: one.name,
          location: one.artifactLocation,
          stage: one.lifecycleStage,
          created: one.creationTime,
          updated: one.lastUpdateTime,
          tags: asRecord(one.tags),
        },
      ]),
    ),
    runs: Object.fromEntries(
      await Promise.all(
        runs.items.map(async ({ info }) => [info.runId, await ofRun(store, await store.getRun(info.runId))]),
      ),
    ),
    loggedModels: Object.fromEntries(models.map((model) => [model.modelId, ofLoggedModel(model)])),
    registeredModels: Object.fromEntries(
      registered.map((one) => [
        one.name,
        {
          description: one.description,
          created: one.creationTimestamp,
          updated: one.lastUpdatedTimestamp,
          tags: asRecord(one.tags),
          aliases: Object.fromEntries(one.aliases.map(({ alias, version }) => [alias, version])),
          latest: one.latestVersions.map(({ version }) => Number(version)).sort((a, b) => a - b),
        },
      ]),
    ),
    versions: Object.fromEntries(
      await Promise.all(
        versions.map(async ({ name, version }) => [
          `${name}/${version}`,
          await ofVersion(store, await store.getModelVersion(name, version)),
        ]),
      ),
    ),
  };
}

async function all<T>(page: (token?: string) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  for (let token: string | undefined; ; ) {
    const next = await page(token);
    items.push(...next.items);
    token = next.nextPageToken;
    if (token === undefined) return items;
  }
}

const asRecord = (tags: readonly Tag[]) => Object.fromEntries(tags.map(({ key, value }) => [key, value]));
const sorted = <T>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

async function ofRun(store: TrackingStore, { info, data, inputs, outputs }: Run) {
  const history: Record<string, unknown> = {};
  for (const { key } of data.metrics) {
    const { items } = await store.getMetricHistory({ runId: info.runId, metricKey: key });
    history[key] = items.map(ofMetric);
  }
  return {
    experiment: info.experimentId,
    name: info.runName,
    user: info.userId,
    status: info.status,
    start: info.startTime,
    end: info.endTime ?? null,
    location: info.artifactUri,
    stage: info.lifecycleStage,
    params: asRecord(data.params),
    tags: asRecord(data.tags),
    latest: Object.fromEntries(data.metrics.map((metric) => [metric.key, ofMetric(metric)])),
    history,
    datasets: sorted(
      inputs.datasets.map(({ dataset, tags }) => [
        [
          dataset.name,
          dataset.digest,
          dataset.sourceType,
          dataset.source,
          dataset.schema ?? null,
          dataset.profile ?? null,
        ],
        asRecord(tags),
      ]),
    ),
    read: sorted(inputs.models.map(({ modelId }) => modelId)),
    made: sorted(outputs.models.map(({ modelId, step }) => [modelId, String(step)])),
  };
}

const ofMetric = ({ key, value, timestamp, step }: Metric) => [key, asPython(value), String(timestamp), String(step)];

/** A double as Python's `repr` writes it. */
function asPython(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-4 || size >= 1e16) ? value.toExponential() : String(value);
  if (!text.includes("e")) return text.includes(".") ? text : `${text}.0`;
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

const ofLoggedModel = (model: LoggedModel) => ({
  experiment: model.experimentId,
  name: model.name,
  location: model.artifactUri,
  created: model.creationTimestamp,
  updated: model.lastUpdatedTimestamp,
  type: model.modelType,
  run: model.sourceRunId ?? null,
  status: model.status.replace(/^LOGGED_MODEL_(STATUS_)?/, "").replace("UPLOAD_FAILED", "FAILED"),
  tags: asRecord(model.tags),
  params: asRecord(model.params),
  metrics: sorted(
    model.metrics.map((metric) => [
      ...ofMetric(metric),
      metric.datasetName ?? null,
      metric.datasetDigest ?? null,
      metric.runId,
    ]),
  ),
});

async function ofVersion(store: RegistryStore, version: ModelVersion) {
  return {
    created: version.creationTimestamp,
    updated: version.lastUpdatedTimestamp,
    stage: version.currentStage,
    description: version.description ?? "",
    source: version.source,
    run: version.runId ?? null,
    link: version.runLink,
    status: version.status,
    tags: asRecord(version.tags),
    aliases: version.aliases.toSorted(),
    download: await store.getDownloadUri(version.name, version.version),
  };
}
