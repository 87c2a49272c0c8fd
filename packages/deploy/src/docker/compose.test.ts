import { expect, test } from "vitest";
import { parse } from "yaml";
import { composeFile } from "./compose.ts";

const IMAGE = `ghcr.io/me/pix@sha256:${"a1".repeat(32)}`;
const wanted = { name: "pix", model: "models:/pix/3", image: IMAGE, port: 5075 };

test("a compose file runs the same container, as little allowed", () => {
  const text = composeFile(wanted, { memory: 256 * 1024 * 1024, cpus: 0.5, env: { PRICE: `5$ $${"{HOME}"}` } });
  expect(text.split("\n")[0]).toBe("# pix: models:/pix/3");
  expect(parse(text)).toMatchObject({
    services: {
      pix: {
        ...{ image: IMAGE, user: "65532:65532", ports: ["127.0.0.1:5075:8080"], read_only: true, cap_drop: ["ALL"] },
        ...{ security_opt: ["no-new-privileges:true"], mem_limit: 268_435_456, cpus: 0.5, restart: "unless-stopped" },
        // Compose would put a variable of its own in place of a single one.
        environment: { PRICE: `5$$ $$${"{HOME}"}` },
      },
    },
  });
});

test.each([
  [{ ...wanted, shadow: "models:/pix/2" }, {}, "A compose file runs one model"],
  [wanted, { cpus: 0 }, "The deployment's cpus"],
  [wanted, { memory: 5 }, "memory: must be 64m at least"],
  [wanted, { env: { "A B": "x" } }, "The deployment's env"],
  [{ ...wanted, image: "Pix" }, {}, "is no image name"],
])("%j with %j is refused", (given, settings, sentence) => {
  expect(() => composeFile(given, settings)).toThrow(sentence);
});
