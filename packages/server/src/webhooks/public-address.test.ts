import { describe, expect, it } from "vitest";
import { isPublicAddress, publicAddresses } from "./public-address.ts";

describe("an address", () => {
  it.each([
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "198.18.0.1",
    "192.0.2.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "not an address",
    "",
  ])("%s is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(["8.8.8.8", "1.1.1.1", "200.160.2.3", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])(
    "%s is public",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe("the addresses of a URL", () => {
  const names = (table: Record<string, string[]>) => async (host: string) => {
    const found = table[host];
    if (found === undefined) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
    return found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };

  it("are all that its name has", async () => {
    const resolve = names({ "hooks.example": ["8.8.8.8", "2606:4700::1111"] });
    expect(await publicAddresses(new URL("https://hooks.example/x"), resolve)).toEqual([
      { address: "8.8.8.8", family: 4 },
      { address: "2606:4700::1111", family: 6 },
    ]);
  });

  it("are refused when one of them is not public", async () => {
    const resolve = names({ "hooks.example": ["8.8.8.8", "10.0.0.1"] });
    await expect(publicAddresses(new URL("https://hooks.example/x"), resolve)).rejects.toThrow(
      "Webhook URL must not resolve to a non-public IP address. 'hooks.example' resolves to 10.0.0.1.",
    );
  });

  it("are refused when the name is not known", async () => {
    await expect(publicAddresses(new URL("https://gone.example/"), names({}))).rejects.toThrow(
      "Cannot resolve Webhook URL hostname 'gone.example': ENOTFOUND",
    );
  });

  // A URL's parser writes every spelling of an IPv4 address in its plain form.
  it.each(["https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://[::1]/"])(
    "are refused for %s without asking anybody",
    async (url) => {
      const resolve = async () => {
        throw new Error("asked");
      };
      await expect(publicAddresses(new URL(url), resolve)).rejects.toThrow(/non-public IP address/);
    },
  );
});
