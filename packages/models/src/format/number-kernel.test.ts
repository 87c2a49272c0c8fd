import { expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import * as text from "../../kernel/number-kernel-text.ts";
import * as kernel from "./number-kernel.ts";

it("is what its text says: else run `npm run kernel -w packages/models`", async () => {
  const { numberKernelText, ...constants } = text;
  const { NUMBER_KERNEL, ...written } = kernel;
  expect(Buffer.from(await assemble(numberKernelText())).toString("base64")).toBe(NUMBER_KERNEL);
  expect(written).toEqual(constants);
});
