import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeImage } from "@esteira/deploy/image/image";
import { packLayer } from "@esteira/deploy/image/layer";
import { openLayout } from "@esteira/deploy/oci/layout";
import type { Confinement } from "./confinement.ts";
import { until } from "./control-plane.ts";

const ADDRESS = "127.0.0.1:5000";

/** A registry that nodes pull from. */
export interface Registry {
  /** What holds the namespaces of a pod, by digest. */
  readonly pause: string;
  /** Pushes an image of a layout folder, and answers its reference by digest. */
  push(layout: string, tag: string, repository: string): Promise<string>;
}

export async function startRegistry(place: Confinement, programs: string): Promise<Registry> {
  const at = (...path: readonly string[]) => join(place.folder, ...path);
  await mkdir(at("registry"), { recursive: true });
  const config = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: at("registry") } },
    http: { addr: ADDRESS, secret: "of this test alone" },
  };
  await writeFile(at("registry.yml"), JSON.stringify(config));
  await place.start("docker-registry", "docker-registry", ["serve", at("registry.yml")]);
  const push = async (layout: string, tag: string, repository: string): Promise<string> => {
    const name = `${ADDRESS}/${repository}`;
    await place.run("skopeo", [
      "copy",
      "--dest-tls-verify=false",
      "--digestfile",
      at("digest"),
      `oci:${layout}:${tag}`,
      `docker://${name}:${tag}`,
    ]);
    return `${name}@${(await readFile(at("digest"), "utf8")).trim()}`;
  };
  await pauseImage(at("pause"), join(programs, "pause"), at("layers"));
  await until("the registry", place, () => push(at("pause"), "v1", "pause").then(() => true));
  return { pause: await push(at("pause"), "v1", "pause"), push };
}

async function pauseImage(folder: string, program: string, cache: string): Promise<void> {
  const content = await readFile(program);
  const layer = await packLayer([{ kind: "file", path: "pause", mode: 0o755, size: content.length, content }], {
    ...{ cache, compression: "native", title: "pause" },
  });
  const layout = await openLayout(folder);
  const { descriptor } = await writeImage(layout, {
    platform: { os: "linux", architecture: process.arch === "x64" ? "amd64" : process.arch },
    ...{
      layers: [layer],
      env: {},
      entrypoint: ["/pause"],
      command: [],
      workingFolder: "/",
      user: "65535:65535",
      ports: [],
      labels: {},
    },
    createdAt: 0,
  });
  await layout.tag("v1", descriptor);
}
