import { openArtifactStore } from "@esteira/store/artifacts/open";
import { describeArtifactStore } from "@esteira/store/contract/artifact-contract";
import { describe } from "vitest";
import { newBucket, s3Home } from "./bucket.ts";

describe.skipIf(s3Home === undefined)("the contract of artifact stores", () => {
  describeArtifactStore("a bucket", async () => {
    const bucket = await newBucket();
    return { store: openArtifactStore(`s3://${bucket.name}`, process.env), remove: () => bucket.remove() };
  });
  describeArtifactStore("a prefix of a bucket", async () => {
    const bucket = await newBucket();
    const uri = `s3://${bucket.name}/team/models/`;
    return { store: openArtifactStore(uri, process.env), remove: () => bucket.remove() };
  });
});
