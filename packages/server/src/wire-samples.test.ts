import { afterAll, beforeAll, expect, it } from "vitest";
import { type Harness, type Method, openHarness } from "./testing/harness.ts";
import samples from "./testing/wire-samples.json" with { type: "json" };

/**
 * Exchanges recorded between MLflow's own client and server, replayed in order. They are one example of each kind out
 * of a long session, so what lists hold depends on requests that are not here; all else must agree, key by key.
 */
interface Sample {
  readonly method: string;
  readonly url: string;
  readonly contentType?: string;
  readonly request?: unknown;
  readonly status: number;
  readonly response?: unknown;
}

const ID = /(m-)?[0-9a-f]{32}/g;
const CUT = /^…\(\+\d+ more\)$/;
const M = "/api/2.0/mlflow";
/** Lists whose length and presence depend on the rest of the session. */
const STATEFUL = new Set(
  "metrics params tags runs models aliases latest_versions model_versions files dataset_inputs model_inputs model_outputs dataset_name dataset_digest".split(
    " ",
  ),
);
/** Values that are new in every run, or that say what this server can do. */
const FRESH =
  /(time|timestamp|_ms)$|^(description|message|run_name|source|user_id|value|file_size|gateway)$|_supported$/;

/** What the session did just before an exchange, where the recording leaves it out. Ids are the recorded ones. */
const BEFORE: Readonly<Record<string, readonly [Method, string, unknown]>> = {
  "/runs/delete-tag": ["POST", "/runs/set-tag", { run_id: "5d15a61c00c14e87b769e843fbce0fc2", key: "b", value: "1" }],
  "/registered-models/alias": [
    "POST",
    "/model-versions/create",
    {
      name: "credit",
      source: "models:/m-581d5b99e8a94e32b8d32531dea63b9b",
      model_id: "m-581d5b99e8a94e32b8d32531dea63b9b",
    },
  ],
  "/model-versions/update": [
    "POST",
    "/model-versions/transition-stage",
    { name: "credit", version: "1", stage: "Archived" },
  ],
  "/logged-models/m-432febbb87d04c00ac58f8a16d5600cb/tags/t": [
    "PATCH",
    "/logged-models/m-432febbb87d04c00ac58f8a16d5600cb/tags",
    { tags: [{ key: "t", value: "v" }] },
  ],
  "/experiments/get-by-name?experiment_name=e2": [
    "POST",
    "/experiments/create",
    { name: "e2", tags: [{ key: "a", value: "b" }] },
  ],
};

let server: Harness;
const ids = new Map<string, string>();
const done = new Set<string>();

beforeAll(async () => {
  server = await openHarness();
});
afterAll(() => server.close());

const translate = (text: string): string => text.replace(ID, (id) => ids.get(id) ?? id);

async function createMissing(text: string): Promise<void> {
  for (const id of text.match(ID) ?? []) {
    if (ids.has(id)) continue;
    if (id.startsWith("m-")) {
      const { body } = await server.call("POST", `${M}/logged-models`, { experiment_id: "1", name: "other" });
      ids.set(id, String(body.model?.info?.model_id));
    } else {
      const { body } = await server.call("POST", `${M}/runs/create`, { experiment_id: "1", start_time: 1 });
      ids.set(id, String(body.run?.info?.run_id));
    }
  }
}

/** Where the two differ, as readable lines; empty when they agree. */
function differences(expected: unknown, actual: unknown, path = "", key = ""): string[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const known = expected.filter((item) => !(typeof item === "string" && CUT.test(item)));
    if (known.length === 0 || actual.length === 0) return [];
    return actual.slice(0, 1).flatMap((item) => differences(known[0], item, `${path}[0]`, ""));
  }
  if (isObject(expected) && isObject(actual)) {
    const lost = Object.keys(expected).filter((name) => !(name in actual) && !STATEFUL.has(name));
    const extra = Object.keys(actual).filter((name) => !(name in expected) && !STATEFUL.has(name));
    return [
      ...lost.map((name) => `${path}.${name} is missing`),
      ...extra.map((name) => `${path}.${name} is not in the recording`),
      ...Object.keys(expected).flatMap((name) =>
        name in actual ? differences(expected[name], actual[name], `${path}.${name}`, name) : [],
      ),
    ];
  }
  if (typeof expected !== typeof actual) return [`${path}: ${typeof expected} expected, ${typeof actual} found`];
  const inList = path.includes("[0]");
  if (inList || FRESH.test(key) || expected === actual) return [];
  const text = translate(String(expected));
  return text === String(actual) ? [] : [`${path}: ${text} expected, ${String(actual)} found`];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const withoutCuts = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.filter((item) => !(typeof item === "string" && CUT.test(item))).map(withoutCuts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutCuts(item)]));
};

async function prepare({ url }: Sample): Promise<void> {
  const artifact = /mlflow-artifacts\/artifacts\/(.*tab\.json)$/.exec(url)?.[1];
  if (artifact !== undefined) {
    const body = JSON.stringify({ columns: ["q", "v"], data: [["a", 1]] });
    await server.call("PUT", `/api/2.0/mlflow-artifacts/artifacts/${translate(artifact)}`, body);
  }
  const before = BEFORE[url.replace(M, "")];
  if (before === undefined || done.has(url)) return;
  done.add(url);
  const [how, where, body] = before;
  const answer = await server.call(how, M + translate(where), translate(JSON.stringify(body)));
  expect(answer).toMatchObject({ status: 200 });
}

it.each((samples as readonly Sample[]).map((sample, index) => [index + 1, sample.method, sample.url, sample] as const))(
  "answers exchange %i, %s %s, as recorded",
  async (_, method, url, sample) => {
    const body = sample.request === undefined ? undefined : JSON.stringify(withoutCuts(sample.request));
    const creates = method === "POST" && (url.endsWith("/runs/create") || url.endsWith("/logged-models"));
    await createMissing(`${url} ${body ?? ""}`);
    await prepare(sample);
    const isText = typeof sample.request === "string";
    const answer = await server.call(
      method as Method,
      translate(url),
      isText ? String(sample.request) : body === undefined ? undefined : translate(body),
      sample.contentType === undefined ? {} : { "content-type": sample.contentType },
    );
    expect({ status: answer.status, text: answer.status === sample.status ? "" : answer.text }).toEqual({
      status: sample.status,
      text: "",
    });
    if (creates) remember(sample.response, answer.body);
    if (isObject(sample.response)) expect(differences(sample.response, answer.body)).toEqual([]);
  },
);

function remember(recorded: unknown, own: unknown): void {
  const pick = (value: unknown) => /"(?:run_id|model_id)": ?"([^"]+)"/.exec(JSON.stringify(value))?.[1];
  const [theirs, ours] = [pick(recorded), pick(own)];
  if (theirs !== undefined && ours !== undefined) ids.set(theirs, ours);
}
