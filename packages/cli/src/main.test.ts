import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ESTEIRA = fileURLToPath(new URL("../bin/esteira.mjs", import.meta.url));

it("says nothing when its reader has gone, as in `esteira openapi | head`", async () => {
  const child = spawn(process.execPath, [ESTEIRA, "openapi"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stdout.destroy();
  const [code] = await once(child, "close");
  expect(said).toBe("");
  expect(code).toBe(141);
});
