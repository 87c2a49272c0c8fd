import { describe, expect, it } from "vitest";
import { trustedHosts } from "./trusted-hosts.ts";

const host = (header: string | undefined, options = {}) => trustedHosts(options).allowsHost(header);

describe("Host", () => {
  it.each(["localhost", "localhost:5000", "127.0.0.1:80", "127.9.9.9", "[::1]:5000", "0.0.0.0:5000", "10.1.2.3:5000"])(
    "allows %s",
    (header) => expect(host(header)).toBe(true),
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
  ])("refuses %s", (header) => expect(host(header)).toBe(false));

  it("allows the address that the server listens on", () => {
    expect(host("203.0.113.7:5000", { bindHost: "203.0.113.7" })).toBe(true);
    expect(host("[2001:db8::1]:5000", { bindHost: "2001:db8::1" })).toBe(true);
    expect(host("203.0.113.8:5000", { bindHost: "203.0.113.7" })).toBe(false);
  });

  it("allows only the names of its operator when there are any, with any port or one", () => {
    const allowedHosts = ["ml.example", "api.example:8443", "*.team.example", "10.1.*", "localhost:*"];
    for (const header of [
      "ML.example:9000",
      "api.example:8443",
      "a.b.team.example",
      "x.team.example:80",
      "10.1.9.9:5000",
      "localhost:5000",
    ]) {
      expect(host(header, { allowedHosts }), header).toBe(true);
    }
    for (const header of [
      "api.example:80",
      "127.0.0.1:5000",
      "10.1.evil.example",
      "10.2.0.1",
      "team.example",
      "team.example.evil",
      "x.team.example@evil",
    ]) {
      expect(host(header, { allowedHosts }), header).toBe(false);
    }
    expect(host("anything.example", { allowedHosts: ["*"] })).toBe(true);
    expect(host("public.example:443", { allowedHosts, publicHosts: ["public.example"] })).toBe(true);
  });
});

describe("Origin", () => {
  const hosts = trustedHosts({ allowedOrigins: ["https://ml.example", "https://*.team.example"] });
  it.each([undefined, "http://localhost:3000", "http://127.0.0.1", "https://ml.example", "https://a.team.example"])(
    "allows %s",
    (origin) => expect(hosts.allowsOrigin(origin, "localhost:5000")).toBe(true),
  );
  it.each([
    "null",
    "https://evil.example",
    "http://ml.example",
    "https://ml.example.evil",
    "https://evil/.team.example",
    "http://localhost.evil.example",
    "file://",
    "http://10.0.0.9:5000",
  ])("refuses %s", (origin) => expect(hosts.allowsOrigin(origin, "localhost:5000")).toBe(false));
  it("allows the page that this server itself has sent", () => {
    expect(hosts.allowsOrigin("http://10.0.0.9:5000", "10.0.0.9:5000")).toBe(true);
  });
});
