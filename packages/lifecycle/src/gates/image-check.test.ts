import { describe, expect, it } from "vitest";
import type { ImageEvidence, PlatformImage } from "./checks/image.ts";
import { evaluateGate } from "./evaluate-gate.ts";
import { parseGate } from "./parse-gate.ts";

const MODEL = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const PLATFORM: PlatformImage = {
  platform: "linux/amd64",
  digest: `sha256:${"1".repeat(64)}`,
  user: "65532:65532",
  model: { digest: MODEL },
  said: { label: MODEL, bill: MODEL, provenance: MODEL },
  raising: [],
  secrets: [],
  bill: { components: ["node", "esteira", "zod"].map((name) => ({ name })), wrongFiles: [] },
  hasProvenance: true,
};
const IMAGE: ImageEvidence = {
  reference: `registry.test/pix@sha256:${"1".repeat(64)}`,
  isPinned: true,
  images: [PLATFORM],
};

const judge = (image: ImageEvidence | null | undefined, settings = "") =>
  evaluateGate(parseGate(`version: 1\nname: pix\nchecks:\n  - { check: image${settings} }\n`), {
    digests: { model: MODEL, data: "d", gate: "g", code: "c" },
    evaluatedAt: 0,
    ...(image === undefined ? {} : { image }),
  }).checks[0]!;
const ofPlatform = (more: Partial<PlatformImage>): ImageEvidence => ({ ...IMAGE, images: [{ ...PLATFORM, ...more }] });

describe("the image check", () => {
  it("passes a pinned image of this model that says what is in it", () => {
    expect(judge(IMAGE)).toMatchObject({ status: "passed", found: "3 components" });
    expect(judge(IMAGE, ", components: [zod]").status).toBe("passed");
  });

  it("lacks evidence where nobody said which image, and refuses a version without one", () => {
    expect(judge(undefined)).toMatchObject({ status: "not_enough_evidence" });
    expect(judge(null)).toMatchObject({ status: "refused", found: "no image" });
  });

  it.each<[string, ImageEvidence, string]>([
    ["a tag", { ...IMAGE, reference: "registry.test/pix:3", isPinned: false }, "names no digest"],
    ["another model", ofPlatform({ model: { digest: OTHER } }), "it holds the model bbbbbbbbbbbb…"],
    ["a model that cannot be read", ofPlatform({ model: { fault: "it has no layers" } }), "it has no layers"],
    ["root", ofPlatform({ user: "" }), "it runs as root"],
    ["root with a group", ofPlatform({ user: "0:65532" }), "it runs as root"],
    ["root by name", ofPlatform({ user: "root" }), "it runs as root"],
    ["set-user-id", ofPlatform({ raising: ["/bin/su"] }), "files raise who runs them: /bin/su"],
    ["a secret", ofPlatform({ secrets: ["the variable TOKEN"] }), "looks like a secret: the variable TOKEN"],
    ["no bill", ofPlatform({ bill: undefined }), "no bill of materials"],
    [
      "a bill without Node",
      ofPlatform({ bill: { components: [{ name: "esteira" }], wrongFiles: [] } }),
      "its bill does not list node or its base",
    ],
    [
      "a bill of other files",
      ofPlatform({ bill: { ...PLATFORM.bill!, wrongFiles: ["/usr/bin/node"] } }),
      "other contents of /usr/bin/node",
    ],
    ["no provenance", ofPlatform({ hasProvenance: false }), "no provenance is about it"],
    ["a label of another", ofPlatform({ said: { ...PLATFORM.said, label: OTHER } }), "its label says the model bbbb"],
    [
      "a provenance of another",
      ofPlatform({ said: { ...PLATFORM.said, provenance: OTHER } }),
      "its provenance says the model bbbb",
    ],
    ["no label", ofPlatform({ said: { ...PLATFORM.said, label: undefined } }), "its label does not say"],
    [
      "one platform of two",
      { ...IMAGE, images: [PLATFORM, { ...PLATFORM, platform: "linux/arm64", model: { digest: OTHER } }] },
      "linux/arm64: it holds the model bbbb",
    ],
  ])("refuses %s", (_, image, sentence) => {
    expect(judge(image)).toMatchObject({ status: "refused", reason: expect.stringContaining(sentence) });
  });

  it("lets root be where SageMaker wants it, and nothing else", () => {
    expect(judge(ofPlatform({ user: "" }), ", root: true").status).toBe("passed");
    expect(judge(ofPlatform({ user: "", raising: ["/x"] }), ", root: true").status).toBe("refused");
  });

  it("refuses known weaknesses that are not accepted, and passes none that it cannot judge", () => {
    const weak = (matches: readonly { id: string; component: string }[], unclear: readonly string[] = []) => ({
      ...IMAGE,
      advisories: { matches, unclear, listed: 7 },
    });
    const one = [{ id: "CVE-1", component: "zod 1.0.0" }];
    expect(judge(weak(one)).status).toBe("passed");
    expect(judge(weak(one), ", advisories: true")).toMatchObject({
      status: "refused",
      reason: expect.stringContaining("CVE-1 of zod 1.0.0"),
    });
    expect(judge(weak(one), ", advisories: true, accepted: [CVE-1]").status).toBe("passed");
    expect(judge(weak([], ["CVE-2 of node"]), ", advisories: true").status).toBe("not_enough_evidence");
    expect(judge(IMAGE, ", advisories: true").status).toBe("not_enough_evidence");
    expect(() => judge(IMAGE, ", accepted: [CVE-1]")).toThrow("advisories: true");
  });
});
