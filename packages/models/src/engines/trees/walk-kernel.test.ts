import { expect, it } from "vitest";
import { assemble } from "../../../kernel/assemble.ts";
import * as text from "../../../kernel/walk-kernel-text.ts";
import { ROW_LANES, TREE_LANES, WALK_KERNEL } from "./walk-kernel.ts";

it("is what its text says: else run `npm run kernel -w packages/models`", async () => {
  expect(Buffer.from(await assemble(text.walkKernelText())).toString("base64")).toBe(WALK_KERNEL);
  expect({ ROW_LANES, TREE_LANES }).toEqual({ ROW_LANES: text.ROW_LANES, TREE_LANES: text.TREE_LANES });
});
