/** Code that a person copies. Texts from the server are quoted so that no name can change what the code does. */
const quoted = (text: string) => JSON.stringify(text);
const shellQuoted = (text: string) => (/^[\w:/@.,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export const firstRunCode = (server: string, experiment: string): string => `import mlflow

mlflow.set_tracking_uri(${quoted(server)})
mlflow.set_experiment(${quoted(experiment)})
with mlflow.start_run():
    mlflow.log_param("max_depth", 6)
    mlflow.log_metric("auc_pr", 0.83)`;

export const firstModelCode = (server: string): string => `import mlflow

mlflow.set_tracking_uri(${quoted(server)})
mlflow.register_model("runs:/RUN_ID/model", "pix-fraud")`;

export const pythonCode = (server: string, uri: string): string => `import mlflow

mlflow.set_tracking_uri(${quoted(server)})
model = mlflow.pyfunc.load_model(${quoted(uri)})
model.predict(data)`;

/** `artifactUri` is where the model's files are, as the artifact proxy knows them. */
export const typescriptCode = (
  server: string,
  artifactUri: string,
): string => `import { createClient } from "@esteira/sdk/client";

const { artifacts } = createClient({ baseUrl: ${quoted(server)} });
const uri = ${quoted(artifactUri)};
for (const file of await artifacts.listFiles(uri)) console.log(file.path);
const bytes = await artifacts.read(uri, "MLmodel");`;

export const curlCode = (server: string, uri: string, columns: readonly string[]): string => {
  const body = JSON.stringify({
    dataframe_split: {
      columns: columns.length > 0 ? columns : ["column"],
      data: [columns.length > 0 ? columns.map(() => 0) : [0]],
    },
  });
  return `export MLFLOW_TRACKING_URI=${shellQuoted(server)}
npx esteira models serve -m ${shellQuoted(uri)} -p 5001 &

curl http://127.0.0.1:5001/invocations \\
  -H 'content-type: application/json' \\
  -d ${shellQuoted(body)}`;
};

export const pythonRunCode = (server: string, runId: string): string => `import mlflow

mlflow.set_tracking_uri(${quoted(server)})
run = mlflow.get_run(${quoted(runId)})
print(run.data.params, run.data.metrics)
mlflow.artifacts.download_artifacts(run_id=${quoted(runId)}, dst_path="files")`;

export const typescriptRunCode = (server: string, runId: string): string => `import { runId } from "@esteira/core/ids";
import { createClient } from "@esteira/sdk/client";

const { runs } = createClient({ baseUrl: ${quoted(server)} });
const { data } = await runs.get(runId(${quoted(runId)}));
console.log(data.params, data.metrics);`;

export const curlRunCode = (server: string, runId: string): string =>
  `curl ${shellQuoted(`${server}/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(runId)}`)}`;
