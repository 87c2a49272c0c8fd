/** Instances of the stand-in: containers of real images, run by runc. */

import { join } from "node:path";
import type { ContainerDefinition } from "@aws-sdk/client-sagemaker";
import { type Bundle, type Container, startContainer, unpack } from "../containers/runc.ts";

export interface Instance {
  readonly url: string;
  said(): string;
  stop(): Promise<void>;
}

export interface Fleet {
  /** What an image's name leads to: a tag of a layout folder. */
  readonly images: Map<string, { readonly layout: string; readonly tag: string }>;
  /** What lies at a place in S3: a folder of this machine. */
  readonly data: Map<string, string>;
  /** @throws Error with what SageMaker would say */
  start(variant: string, container: ContainerDefinition): Promise<Instance>;
}

export function openFleet(root: string): Fleet {
  const images: Fleet["images"] = new Map();
  const data: Fleet["data"] = new Map();
  const bundles = new Map<string, Promise<Bundle>>();
  const bundleOf = ({ layout, tag }: { readonly layout: string; readonly tag: string }): Promise<Bundle> => {
    const key = `${layout}:${tag}`;
    const made = bundles.get(key) ?? unpack(layout, tag, join(root, `bundle-${bundles.size}`));
    bundles.set(key, made);
    return made;
  };
  // Containers of one image are told apart by a file of its bundle: one starts after the other.
  let last: Promise<unknown> = Promise.resolve();
  return {
    images,
    data,
    async start(variant, { Image = "", Environment = {}, ModelDataSource }) {
      const image = images.get(Image);
      if (image === undefined) throw new Error(`The image '${Image}' does not exist.`);
      const place = ModelDataSource?.S3DataSource?.S3Uri;
      const folder = place === undefined ? undefined : data.get(place);
      if (place !== undefined && folder === undefined) throw new Error(`Could not find model data at ${place}.`);
      const bundle = await bundleOf(image);
      const starting: Promise<Container> = last.then(() =>
        startContainer(bundle, {
          env: { ...Environment },
          ...(folder === undefined ? {} : { mounts: { "/opt/ml/model": folder } }),
        }),
      );
      last = starting.catch(() => {});
      const container = await starting;
      const ping = await fetch(`${container.url}/ping`).catch(() => undefined);
      const stop = async () => {
        await container.kill("TERM").catch(() => {});
      };
      if (ping?.status === 200) return { url: container.url, said: container.said, stop };
      const said = container.said();
      await stop();
      throw Object.assign(
        new Error(
          `The ${variant} container for production variant ${variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`,
        ),
        { said },
      );
    },
  };
}
