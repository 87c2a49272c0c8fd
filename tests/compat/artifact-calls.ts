/** Calls about artifacts that both servers get, and what of their answers must be equal. */
export interface ArtifactCall {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** `{run}`, `{model}` and `{home}` (of the run, below the root) stand for what each server has made. */
  readonly path: string;
  readonly body?: string | Buffer | object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why this server means to answer otherwise, and how. */
  readonly own?: OwnAnswer;
}

interface OwnAnswer {
  readonly says: string;
  readonly status: number;
  readonly errorCode?: string;
}

const A = "/api/2.0/mlflow-artifacts/artifacts";
const AJAX_A = "/ajax-api/2.0/mlflow-artifacts/artifacts";
const M = "/api/2.0/mlflow";

const invalid = (says: string): OwnAnswer => ({ says, status: 400, errorCode: "INVALID_PARAMETER_VALUE" });
const get = (path: string, own?: OwnAnswer): ArtifactCall => ({ method: "GET", path, ...(own ? { own } : {}) });
const put = (path: string, body: string | Buffer, own?: OwnAnswer): ArtifactCall => ({
  method: "PUT",
  path,
  body,
  headers: { "content-type": "application/octet-stream" },
  ...(own ? { own } : {}),
});
const post = (path: string, body: object, own?: OwnAnswer): ArtifactCall => ({
  method: "POST",
  path,
  body,
  ...(own ? { own } : {}),
});
const ranged = (path: string, range: string): ArtifactCall => ({ method: "GET", path, headers: { range } });

const FILES: Readonly<Record<string, string>> = {
  "a.txt": "hello",
  "empty.txt": "",
  "deep/er/b.json": '{"b": 1}',
  "deep/c.yaml": "c: 1",
  "page.html": "<script>1</script>",
  "pic.svg": "<svg/>",
  "pic.png": "not really",
  MLmodel: "flavors: {}",
  "data.parquet": "PAR1",
  "model.pkl": "x",
  noextension: "x",
  "t.csv": "a,b",
  "script.py": "1",
  "table.tar.gz": "gz",
  "with space+plus.txt": "x",
  "ação-日本.txt": "olá",
  "100%.txt": "x",
  "semi;colon.txt": "x",
  "UPPER.TXT": "x",
  ".hidden": "x",
};
const encoded = (path: string) => path.split("/").map(encodeURIComponent).join("/");

export const ARTIFACT_CALLS: readonly ArtifactCall[] = [
  ...Object.entries(FILES).map(([name, text]) => put(`${A}/{home}/${encoded(name)}`, text)),
  ...Object.keys(FILES).map((name) => get(`${A}/{home}/${encoded(name)}`)),
  ...Object.keys(FILES).map((name) => get(`/get-artifact?run_uuid={run}&path=${encodeURIComponent(name)}`)),
  put(`${AJAX_A}/{home}/ajax.txt`, "ajax"),
  get(`${AJAX_A}/{home}/ajax.txt`),
  put(`${A}/{home}/a.txt`, "hello again"),
  get(`${A}/{home}/a.txt`),

  get(`${A}?path={home}`),
  get(`${AJAX_A}?path={home}`),
  get(`${A}?path={home}/deep`),
  get(`${A}?path={home}/deep/`),
  get(`${A}?path={home}/a.txt`),
  get(`${A}?path={home}/none`),
  get(`${A}?path=0`),
  get(A),
  get(`${M}/artifacts/list?run_id={run}`),
  get(`${M}/artifacts/list?run_uuid={run}`),
  get(`/ajax-api/2.0/mlflow/artifacts/list?run_id={run}&path=deep`),
  get(`${M}/artifacts/list?run_id={run}&path=deep/er`),
  get(`${M}/artifacts/list?run_id={run}&path=none`),
  get(`${M}/artifacts/list?run_id={run}&path=a.txt`),
  get(`${M}/artifacts/list?run_id={run}&path=deep&page_token=whatever`),
  get(`${M}/artifacts/list`),
  get(`${M}/artifacts/list?run_id=${"0".repeat(32)}`),
  get(`${M}/artifacts/list?run_id={run}&path=../..`),
  get(`${M}/artifacts/list?run_id={run}&path=/etc`),

  get(`/get-artifact?run_id={run}&path=a.txt`),
  get(`/get-artifact?run_id={run}&path=none.txt`),
  get(`/get-artifact?run_id={run}&path=deep`),
  get(`/get-artifact?run_id={run}&path=../x`),
  get(`/get-artifact?run_id=${"0".repeat(32)}&path=a.txt`),
  get(`/get-artifact?run_id={run}`, invalid("A missing parameter is named in JSON.")),
  ranged(`/get-artifact?run_id={run}&path=a.txt`, "bytes=1-3"),

  ranged(`${A}/{home}/a.txt`, "bytes=0-0"),
  ranged(`${A}/{home}/a.txt`, "bytes=6-"),
  ranged(`${A}/{home}/a.txt`, "bytes=-5"),
  ranged(`${A}/{home}/a.txt`, "bytes=5-500"),
  ranged(`${A}/{home}/a.txt`, "bytes=500-"),
  { method: "HEAD", path: `/get-artifact?run_id={run}&path=a.txt` },

  get(`${A}/{home}/none.txt`),
  get(`${A}/{home}/a.txt/below`),
  get(`${A}/{home}/deep`, invalid("A folder is refused with a code, as everywhere.")),
  get(`${A}/{home}/%2e%2e/%2e%2e/etc/passwd`),
  get(`${A}/%252e%252e%252fetc`),
  get(`${A}/%2Fetc%2Fpasswd`),
  get(`${A}/file:%2f%2f%2fetc%2fpasswd`),
  get(`${A}/{home}/a%23b`),
  get(`${A}?path=..%2f..`),
  put(`${A}/..%2f..%2fx.txt`, "x"),
  put(`${A}/{home}/folder/`, "x", invalid("A path that names no file is refused with a code, as everywhere.")),

  get(`/model-versions/get-artifact?name=registered&version=1&path=MLmodel`),
  get(`/model-versions/get-artifact?name=registered&version=1&path=none`),
  get(`/model-versions/get-artifact?name=registered&version=2&path=MLmodel`),
  get(`/model-versions/get-artifact?name=none&version=1&path=MLmodel`),
  get(`/model-versions/get-artifact?name=registered&version=1&path=../x`),
  put(`${A}/0/models/{model}/artifacts/sub/weights.bin`, "w"),
  get(`/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files?artifact_file_path=sub/weights.bin`),
  get(`/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files?artifact_file_path=none`),
  get(`/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files?artifact_file_path=../x`),
  get(`/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files`),
  get(`/ajax-api/2.0/mlflow/logged-models/m-${"0".repeat(32)}/artifacts/files?artifact_file_path=x`),
  get(`${M}/logged-models/{model}/artifacts/directories`),
  get(`${M}/logged-models/{model}/artifacts/directories?artifact_directory_path=sub`),
  get(`${M}/logged-models/{model}/artifacts/directories?artifact_directory_path=none`),
  get(`${M}/logged-models/{model}/artifacts/directories?artifact_directory_path=../x`),
  get(`${M}/logged-models/m-${"0".repeat(32)}/artifacts/directories`),

  { ...put("/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=up/load.txt", "up"), method: "POST" },
  get(`${A}/{home}/up/load.txt`),
  { ...put("/ajax-api/2.0/mlflow/upload-artifact?path=x", "x"), method: "POST" },
  { ...put("/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}", "x"), method: "POST" },
  { ...put("/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=x", ""), method: "POST" },
  { ...put("/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=../x", "x"), method: "POST" },
  { ...put(`/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${"0".repeat(32)}&path=x`, "x"), method: "POST" },
  {
    ...put("/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=big", Buffer.alloc(10 * 1024 * 1024 + 1)),
    method: "POST",
  },
  get(`${A}/{home}/big`),

  post(`${M}/artifacts/presigned-upload-url`, { path: "x" }),
  post(`${M}/artifacts/presigned-upload-url`, { run_id: "{run}" }),
  post(`${M}/artifacts/presigned-upload-url`, { run_id: "{run}", model_id: "{model}", path: "x" }),
  post(`${M}/artifacts/presigned-upload-url`, { run_id: "{run}", path: "x" }),
  post(`${M}/artifacts/presigned-upload-url`, { model_id: "{model}", path: "x" }),
  post(`${M}/artifacts/presigned-upload-url`, { run_id: "{run}", path: "../x" }),
  post(`${M}/artifacts/presigned-upload-url`, { run_id: "0".repeat(32), path: "x" }),
  post(`/ajax-api/2.0/mlflow/artifacts/presigned-download-url`, { run_id: "{run}", path: "x" }),
  post(`${M}/artifacts/presigned-download-url`, { path: "x" }),
  post(`${M}/artifacts/presigned-download-url`, { run_id: "{run}", path: "x", expiration: 0 }),
  post(`${M}/artifacts/presigned-download-url`, { run_id: "{run}", path: "x", expiration: 604_801 }),
  post(`${M}/artifacts/presigned-download-url`, { run_id: "{run}", path: "../x" }),

  { method: "DELETE", path: `${A}/{home}/a.txt` },
  get(`${A}/{home}/a.txt`),
  { method: "DELETE", path: `${A}/{home}/deep` },
  get(`${A}?path={home}/deep`),
  { method: "DELETE", path: `${A}/{home}/none` },
  { method: "DELETE", path: `${A}/{home}/%2e%2e/%2e%2e` },
];

/** For a store whose artifacts clients cannot reach themselves. */
export const FOLDER_CALLS: readonly ArtifactCall[] = [
  post("/api/2.0/mlflow-artifacts/mpu/create/{home}", { path: "x", num_parts: 2 }),
  post("/ajax-api/2.0/mlflow-artifacts/mpu/create/{home}", { path: "x", num_parts: 2 }),
  post("/api/2.0/mlflow-artifacts/mpu/create/{home}", { num_parts: 2 }),
  post("/api/2.0/mlflow-artifacts/mpu/create/{home}/..%2fx", { path: "x", num_parts: 2 }),
  post("/api/2.0/mlflow-artifacts/mpu/complete/{home}", { path: "x", upload_id: "u", parts: [] }),
  post("/api/2.0/mlflow-artifacts/mpu/complete/{home}", { path: "x", upload_id: "u" }),
  post("/api/2.0/mlflow-artifacts/mpu/abort/{home}", { path: "x", upload_id: "u" }),
  get("/api/2.0/mlflow-artifacts/presigned/{home}/MLmodel"),
  get("/ajax-api/2.0/mlflow-artifacts/presigned/{home}/none"),
  get("/api/2.0/mlflow-artifacts/presigned/..%2fx"),
];

const SHOWN = 80;

/** What a report calls the call. */
export function titleOf({ method, path, body, headers }: ArtifactCall): string {
  const sent = Buffer.isBuffer(body) ? `${body.length} bytes` : body === undefined ? "" : JSON.stringify(body);
  return [method, path, sent.slice(0, SHOWN), headers?.range ?? ""].filter((part) => part !== "").join(" ");
}
