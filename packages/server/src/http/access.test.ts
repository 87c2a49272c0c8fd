import { describe, expect, it } from "vitest";
import { trustedHosts } from "./access.ts";

describe("Host", () => {
  it.each(["localhost", "localhost:5000", "127.0.0.1:80", "127.9.9.9", "[::1]:5000", "0.0.0.0:5000", "10.1.2.3:5000"])(
    "allows %s",
    (host) => expect(trustedHosts().allowsHost(host)).toBe(true),
  );
  it.each([
    undefined,
    "",
    "evil.example",
    "10.evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "192.168.1.1.nip.io",
    "8.8.8.8",
    "evil.example:5000",
    "user@localhost",
    "localhost:5000:1",
    "[fd00::1",
  ])("refuses %s", (host) => expect(trustedHosts().allowsHost(host)).toBe(false));

  it("allows the names of its operator, with any port or one", () => {
    const hosts = trustedHosts(["ml.example", "api.example:8443"]);
    expect(hosts.allowsHost("ML.example:9000")).toBe(true);
    expect(hosts.allowsHost("api.example:8443")).toBe(true);
    expect(hosts.allowsHost("api.example:80")).toBe(false);
    expect(trustedHosts(["*"]).allowsHost("anything.example")).toBe(true);
  });
});

describe("Origin", () => {
  const hosts = trustedHosts(["ml.example"]);
  it.each([undefined, "http://localhost:3000", "http://127.0.0.1", "https://ml.example"])("allows %s", (origin) =>
    expect(hosts.allowsOrigin(origin, "localhost:5000")).toBe(true),
  );
  it.each(["null", "https://evil.example", "http://localhost.evil.example", "file://", "http://10.0.0.9:5000"])(
    "refuses %s",
    (origin) => expect(hosts.allowsOrigin(origin, "localhost:5000")).toBe(false),
  );
  it("allows the page that this server itself has sent", () => {
    expect(hosts.allowsOrigin("http://10.0.0.9:5000", "10.0.0.9:5000")).toBe(true);
  });
});
