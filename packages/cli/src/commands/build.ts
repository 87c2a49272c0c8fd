import { invalid } from "@esteira/core/errors";
import { type Command, listed, text, texts } from "../command.ts";
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
    {
      flags: "--platform <platforms>",
      summary: `${PLATFORMS.join(" or ")}, or both with a comma between (default: this machine's)`,
    },
    {
      flags: "--root <platform=folder>",
      summary: "a folder with Node and its libraries for a platform that is not this machine's; may be repeated",
      repeats: true,
    },
    {
      flags: "--python <file>",
      summary:
        "for a model that only Python scores: take this interpreter, and install what the model needs by its pip, from wheels",
    },
    {
      flags: "--requirements <file>",
      summary: "what it needs of Python, as pip reads it, in place of the model's requirements.txt",
    },
    {
      flags: "--sign <key>",
      summary: "sign it, and how it was made, by a private key in PEM (`esteira evidence key` makes one)",
    },
    { flags: "--sagemaker", summary: "for Amazon SageMaker, which starts containers as root" },
  ],
  async run(values, terminal) {
    const platforms = [...new Set(listed(text(values, "platform")))];
    const wrong = platforms.find((platform) => !isPlatform(platform));
    if (wrong !== undefined) throw invalid(`--platform is '${wrong}': expected ${PLATFORMS.join(" or ")}.`);
    const roots = new Map(texts(values, "root").map(rootOf));
    const [python, requirements] = [text(values, "python"), text(values, "requirements")];
    if (python === undefined && requirements !== undefined)
      throw invalid("--requirements says what --python installs: give both.");
    const { buildModelImage } = await import("../image/build-model-image.ts");
    const built = await buildModelImage(
      {
        uri: text(values, "modelUri") ?? "",
        reference: text(values, "tag") ?? "",
        output: text(values, "output"),
        base: text(values, "base") ?? "none",
        node: text(values, "node") ?? "node",
        platforms,
        roots,
        signingKey: text(values, "sign"),
        python: python === undefined ? undefined : { command: python, requirements },
        variant: values.sagemaker === true ? "sagemaker" : "standard",
      },
      terminal,
    );
    const size = (built.compressedSize / 1e6).toFixed(1);
    const platformsSaid = built.platforms.length > 1 ? `, for ${built.platforms.join(" and ")}` : "";
    terminal.note(`${built.where}: ${size} MB in ${built.layerCount} layers${platformsSaid}.`);
    terminal.out(built.pinned);
    return 0;
  },
};

const isPlatform = (text: string): boolean => PLATFORMS.some((known) => known === text);

function rootOf(given: string): readonly [string, string] {
  const [, platform = "", folder = ""] = /^([^=]+)=(.+)$/.exec(given) ?? [];
  if (isPlatform(platform)) return [platform, folder];
  throw invalid(`--root is '${given}': expected a platform and a folder, such as linux/arm64=./arm64.`);
}
