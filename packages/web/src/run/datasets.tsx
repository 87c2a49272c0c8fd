import type { DatasetInput } from "@esteira/core/entities/dataset";
import { tagValue } from "@esteira/core/entities/tag";
import { Link } from "@tanstack/react-router";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Dim, Mono } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { datasetPlace } from "./dataset-place.ts";
import { rowCount } from "./dataset-rows.ts";

export function Datasets({ inputs, experimentId }: { inputs: readonly DatasetInput[]; experimentId: string }) {
  const text = useText();
  const format = useFormat();
  const rowsOf = (profile: string | undefined) => {
    const rows = rowCount(profile);
    return rows === undefined ? undefined : format.number(rows);
  };
  if (inputs.length === 0) return <Dim>{text.run.noDatasets}</Dim>;
  return (
    <SmallTable
      head={[
        { title: text.common.name },
        { title: text.run.digest },
        { title: text.run.context },
        { title: text.run.rows, kind: "number" },
        { title: text.run.sameData },
        { title: text.run.datasetSource },
      ]}
      rows={inputs.map(({ dataset, tags }) => ({
        key: `${dataset.name} ${dataset.digest} ${tagValue(tags, "mlflow.data.context") ?? ""}`,
        cells: [
          dataset.name,
          <Mono key="digest">{dataset.digest}</Mono>,
          tagValue(tags, "mlflow.data.context") ?? "",
          rowsOf(dataset.profile) ?? <Dim key="rows">–</Dim>,
          <Link
            key="same"
            to="/experiments/$experimentId"
            params={{ experimentId }}
            search={{ filter: `dataset.digest = '${dataset.digest.replaceAll("'", "")}'` }}
          >
            {text.run.sameData}
          </Link>,
          <Mono key="source">{datasetPlace(dataset)}</Mono>,
        ],
      }))}
    />
  );
}
