import { expect, it } from "vitest";
import { parseDockerConfig } from "./docker-config.ts";

it("takes what is of containers, and hands on what every backend has", () => {
  expect(parseDockerConfig({ memory: "512m", cpus: 0.5, network: "host", retries: 1 })).toEqual({
    own: { memory: 512 * 1024 * 1024, cpus: 0.5, network: "host" },
    common: { retries: 1 },
  });
});

it.each([
  [[], "is no JSON object"],
  [
    { cpu: 1 },
    "has no setting 'cpu' (it has image, memory, cpus, network, timeoutSeconds, retries); did you mean 'cpus'?",
  ],
  [{ memory: "lots" }, "The backend's memory is 'lots': expected an amount as in 512m or 2g."],
  [{ cpus: 0 }, "The backend's cpus: Too small"],
])("refuses %j: %s", (config, why) => {
  expect(() => parseDockerConfig(config)).toThrow(why);
});
