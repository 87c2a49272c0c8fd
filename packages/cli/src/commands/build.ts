import { invalid } from "@esteira/core/errors";
import { type Command, text } from "../command.ts";
import { MODEL_URI } from "../model-option.ts";

const PLATFORMS = ["linux/amd64", "linux/arm64"] as const;

export const build: Command = {
  name: "build",
  summary:
    "Build a container image of a model: Node, what scores, the model; no daemon, no root, the same bytes every time",
  options: [
    MODEL_URI,
    { flags: "-t, --tag <reference>", summary: "the image's name, such as ghcr.io/me/pix:3", required: true },
    {
      flags: "-o, --output <path>",
      summary: "an OCI layout folder, or a file.tar for `docker load` (default: push it to where its name leads)",
    },
    {
      flags: "--base <image>",
      summary: "none takes Node from this machine; NAME@sha256:DIGEST or oci:FOLDER[:NAME] is an image that holds Node",
      default: "none",
    },
    { flags: "--node <path>", summary: "how Node is started in a base", default: "node" },
    { flags: "--platform <platform>", summary: `${PLATFORMS.join(" or ")} (default: this machine's)` },
    {
      flags: "--sign <key>",
      summary: "sign it, and how it was made, by a private key in PEM (`esteira evidence key` makes one)",
    },
    { flags: "--sagemaker", summary: "for Amazon SageMaker, which starts containers as root" },
  ],
  async run(values, terminal) {
    const platform = text(values, "platform");
    if (platform !== undefined && !PLATFORMS.some((known) => known === platform))
      throw invalid(`--platform is '${platform}': expected ${PLATFORMS.join(" or ")}.`);
    const { buildModelImage } = await import("../image/build-model-image.ts");
    const built = await buildModelImage(
      {
        uri: text(values, "modelUri") ?? "",
        reference: text(values, "tag") ?? "",
        output: text(values, "output"),
        base: text(values, "base") ?? "none",
        node: text(values, "node") ?? "node",
        platform,
        signingKey: text(values, "sign"),
        variant: values.sagemaker === true ? "sagemaker" : "standard",
      },
      terminal,
    );
    const size = (built.compressedSize / 1e6).toFixed(1);
    terminal.note(`${built.where}: ${size} MB in ${built.layerCount} layers.`);
    terminal.out(built.pinned);
    return 0;
  },
};
