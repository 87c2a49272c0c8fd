import type { DatasetInput } from "@esteira/core/entities/dataset";
import { tagValue } from "@esteira/core/entities/tag";
import { useText } from "../i18n/use-text.tsx";
import { Dim, Mono } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { datasetPlace } from "./dataset-place.ts";

export function Datasets({ inputs }: { inputs: readonly DatasetInput[] }) {
  const text = useText();
  if (inputs.length === 0) return <Dim>{text.run.noDatasets}</Dim>;
  return (
    <SmallTable
      head={[
        { title: text.common.name },
        { title: text.run.digest },
        { title: text.run.context },
        { title: text.run.datasetSource },
      ]}
      rows={inputs.map(({ dataset, tags }) => ({
        key: `${dataset.name} ${dataset.digest} ${tagValue(tags, "mlflow.data.context") ?? ""}`,
        cells: [
          dataset.name,
          <Mono key="digest">{dataset.digest}</Mono>,
          tagValue(tags, "mlflow.data.context") ?? "",
          <Mono key="source">{datasetPlace(dataset)}</Mono>,
        ],
      }))}
    />
  );
}
