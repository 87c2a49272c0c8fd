/** Where the contract is tried: a stand-in with real containers, or AWS itself where ESTEIRA_TEST_AWS=1 says so. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Aws, openAws } from "@esteira/deploy/sagemaker/aws";
import type { Parts } from "@esteira/deploy/sagemaker/revision";
import { type SageMakerTarget, sagemakerTarget } from "@esteira/deploy/sagemaker/sagemaker-target";
import type { SaidSettings } from "@esteira/deploy/sagemaker/settings";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { expect } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { noContainers } from "../containers/runc.ts";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { type Fleet, openFleet } from "./fleet.ts";
import { findMoto } from "./moto.ts";
import { KEYS, type StandIn, startStandIn } from "./stand-in.ts";

export interface World {
  readonly aws: Aws;
  readonly env: Readonly<Record<string, string>>;
  readonly role: string;
  /** Of two models that answer otherwise. */
  readonly images: readonly [string, string];
  /** The second model's folder, as it lies in S3. */
  readonly modelData: string;
  readonly root: string;
  /** Absent at AWS itself. */
  readonly standIn?: StandIn;
  readonly fleet?: Fleet;
  target(settings?: SaidSettings, parts?: Parts, note?: (line: string) => void): SageMakerTarget;
  /** Asks a deployment, as anybody who has the SDK does. */
  invoke(name: string, body?: string): Promise<{ readonly text: string; readonly variant: string | undefined }>;
  stop(): Promise<void>;
}

const FEATURES = ["a", "b", "c", "d", "e", "f"];
export const BODY = JSON.stringify({ dataframe_split: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] } });
const IS_REAL = process.env.ESTEIRA_TEST_AWS === "1";

/** Why nothing can be tried here; undefined where it can. */
export function nowhere(): string | undefined {
  if (IS_REAL) return undefined;
  const absent = noContainers();
  if (absent !== undefined) return absent;
  const moto = findMoto();
  return "missing" in moto ? moto.missing : undefined;
}

export const startWorld = (): Promise<World> => (IS_REAL ? realWorld() : standInWorld());

async function standInWorld(): Promise<World> {
  const moto = findMoto();
  if ("missing" in moto) throw new Error(moto.missing);
  const root = await mkdtemp(join(tmpdir(), "esteira-sagemaker-"));
  const fleet = openFleet(root);
  const images = await Promise.all(
    ["dart", "forest"].map(async (kind) => {
      await writeModelFolder(join(root, kind, "pix"), {
        ...{ ubj: modelBytes(`${kind}.ubj`), createdAt: 0, modelUuid: "0".repeat(32) },
        signature: { inputs: columnsOf(FEATURES, "double") },
        inputExample: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] },
      });
      return kind;
    }),
  );
  const references: string[] = [];
  await mkdir(join(root, "home"));
  for (const kind of images) {
    const name = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/${kind}`;
    const output = join(root, `image-${kind}`);
    const args = ["build", "--sagemaker", "-m", join(root, kind, "pix"), "-t", `${name}:1`, "-o", output];
    const { code, stdout, stderr } = await runEsteira(root, args, { HOME: join(root, "home") });
    expect(`${code} ${stderr}`).toMatch(/^0 /);
    const reference = stdout.trim();
    fleet.images.set(reference, { layout: output, tag: "1" });
    references.push(reference);
  }
  const modelData = "s3://models/pix/2/";
  fleet.data.set(modelData, join(root, "forest", "pix"));
  const standIn = await startStandIn(moto.program, fleet);
  const env = {
    ...{ AWS_ENDPOINT_URL: standIn.url, AWS_REGION: "eu-west-1", HOME: join(root, "home") },
    ...{ AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey },
  };
  Object.assign(process.env, env);
  const [one = "", two = ""] = references;
  return world({
    ...{ env, root, modelData, standIn, fleet, role: "arn:aws:iam::123456789012:role/sagemaker", images: [one, two] },
    async stop() {
      await standIn.stop();
      await rm(root, { recursive: true, force: true });
    },
  });
}

async function realWorld(): Promise<World> {
  const given = (name: string): string => {
    const value = process.env[name];
    if (value) return value;
    throw new Error(`ESTEIRA_TEST_AWS=1 needs ${name}: see docs/how-to/deploy-to-sagemaker.md.`);
  };
  const root = await mkdtemp(join(tmpdir(), "esteira-sagemaker-"));
  return world({
    ...{ env: {}, root, role: given("ESTEIRA_TEST_AWS_ROLE"), modelData: given("ESTEIRA_TEST_AWS_MODEL") },
    images: [given("ESTEIRA_TEST_AWS_IMAGE"), given("ESTEIRA_TEST_AWS_IMAGE_2")],
    stop: () => rm(root, { recursive: true, force: true }),
  });
}

function world(parts: Omit<World, "aws" | "target" | "invoke">): World {
  const aws = openAws({ env: process.env });
  return {
    ...parts,
    aws,
    target: (settings = {}, modelParts = {}, note = () => {}) =>
      sagemakerTarget({ aws, settings: { role: parts.role, ...settings }, parts: modelParts, note }),
    async invoke(name, body = BODY) {
      const client = await aws.runtime();
      const answer = await client.invokeEndpoint({ EndpointName: name, Body: body, ContentType: "application/json" });
      return { text: await answer.Body.transformToString(), variant: answer.InvokedProductionVariant };
    },
    async stop() {
      aws.close();
      await parts.stop();
    },
  };
}
