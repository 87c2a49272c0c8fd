import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { againCommand } from "./summary.ts";

test("the command that serves the data again", () => {
  expect(againCommand({ dataFolder: "esteira-data", port: 0 })).toBe(
    "npx esteira server --port 0 --backend-store-uri sqlite:///esteira-data/esteira.db --artifacts-destination esteira-data/artifacts",
  );
  expect(againCommand({ dataFolder: "/srv/pix", port: 5001 })).toContain(
    "--port 5001 --backend-store-uri sqlite:////srv/pix/",
  );
});

test.skipIf(process.platform === "win32")("a shell reads it back word for word", () => {
  const dataFolder = '/tmp/João\'s "data" $HOME `x` \\ *';
  const said = againCommand({ dataFolder, port: 0 }).replace("npx esteira", "printf '%s\\n'");
  const words = execFileSync("/bin/sh", ["-c", said], { encoding: "utf8" }).split("\n");
  expect(words).toContain(`sqlite:///${dataFolder}/esteira.db`);
  expect(words).toContain(`${dataFolder}/artifacts`);
});
