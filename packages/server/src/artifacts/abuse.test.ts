import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CANARY, expectNoLeak, expectRefusal, openTarget, type Target } from "../testing/target.ts";

const A = "/api/2.0/mlflow-artifacts/artifacts";
const AJAX = "/ajax-api/2.0/mlflow-artifacts/artifacts";
const M = "/api/2.0/mlflow";
const INVALID = "INVALID_PARAMETER_VALUE";
let target: Target;

beforeAll(async () => {
  target = await openTarget();
});
afterEach(() => target.expectUnchanged());
afterAll(() => target.close());

/** `R`, `B` and `OUT` stand for the run, another run and the file outside of the root. */
const filled = (path: string): string =>
  path
    .replaceAll("{R}", target.run)
    .replaceAll("{B}", target.otherRun)
    .replaceAll("{HOME}", encodeURIComponent(target.home));

describe("a path that leads elsewhere", () => {
  it.each([
    // Steps to the parent, encoded once, twice, thrice, and by Windows's separator.
    "../../../../../../etc/passwd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%2E%2E%2F%2E%2E%2Foutside.txt",
    ".%2e/.%2e/outside.txt",
    "0/..%2f..%2foutside.txt",
    "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "%25252e%25252e%25252foutside.txt",
    "..%5c..%5cetc%5cpasswd",
    "..%255c..%255coutside.txt",
    "0/{R}/artifacts/../../{B}/artifacts/canary.txt",
    "0/{R}/artifacts/%2e%2e/%2e%2e/{B}/artifacts/canary.txt",
    "0/{R}/artifacts/./canary.txt",
    "0/{R}/artifacts//canary.txt",
    // Another root.
    "%2Fetc%2Fpasswd",
    "/etc/passwd",
    "{HOME}%2Foutside.txt",
    "file:%2f%2f%2fetc/passwd",
    "FILE:%2fetc%2fpasswd",
    "file:etc",
    "s3:%2f%2fbucket%2fkey",
    // Windows's: a drive, a share, a device by its path.
    "C:%5cWindows%5cwin.ini",
    "c:/Windows/win.ini",
    "%5c%5chost%5cshare%5cfile",
    "%5c%5c%3f%5cC:%5cx",
    // What is no name.
    "%2e",
    "%2e%2e",
    "0/%2e",
    "0/{R}/artifacts/%2e",
    "0/a%00.txt",
    "0/a%0d%0aSet-Cookie:%20p=1.txt",
    "0/a%23/../b",
    "0/a%3Fb",
    "0/a%7f",
    `0/${"n".repeat(300)}`,
    `0/${"deep/".repeat(1000)}x`,
    // Where uploads under way are kept.
    ".esteira-uploads/x",
    ".esteira-uploads",
    "%2eesteira-uploads/x",
  ])("is refused for reading, writing, removing and listing: %s", async (pattern) => {
    const path = filled(pattern);
    for (const prefix of [A, AJAX]) {
      for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
        const answer = await target.send(
          method,
          `${prefix}/${path}`,
          method === "PUT" ? Buffer.from("pwned") : undefined,
        );
        if (method === "HEAD") expect(answer.status).toBe(400);
        else expectRefusal(answer, [400], [INVALID]);
      }
    }
    // Multipart uploads are where parts can be signed; here they are refused as not offered, or for their path.
    for (const step of ["create", "complete", "abort"]) {
      const body = { path: decodeURIComponent("pwned"), num_parts: 1, upload_id: "x", parts: [] };
      const answer = await target.send("POST", `/api/2.0/mlflow-artifacts/mpu/${step}/${path}`, body);
      expectRefusal(answer, [400, 404, 501]);
    }
  });

  it.each([
    // Bytes that only a careless decoder takes for dots.
    "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "%e0%80%ae%e0%80%ae/etc/passwd",
    "%uff0e%uff0e/etc",
    "%",
    "%zz",
    // Names that look like dots and are none.
    "%EF%BC%8E%EF%BC%8E%EF%BC%8F%EF%BC%8E%EF%BC%8E%EF%BC%8Fetc%EF%BC%8Fpasswd",
    "..../..../etc/passwd",
    "....%2f%2foutside.txt",
  ])("finds nothing: %s", async (path) => {
    expectRefusal(await target.send("GET", `${A}/${path}`), [400, 404]);
  });

  it.each([
    "../../..",
    "..",
    ".",
    "/etc",
    "file:///etc",
    "FILE:///etc",
    "%2e%2e",
    "%252e%252e",
    "..\\..",
    "C:\\",
    "../../{B}/artifacts",
    "a\0b",
    "a#b",
    "a?b",
  ])("is refused in a query: %s", async (pattern) => {
    const text = encodeURIComponent(filled(pattern));
    const { run } = target;
    for (const [method, url] of [
      ["GET", `${A}?path=${text}`],
      ["GET", `${M}/artifacts/list?run_id=${run}&path=${text}`],
      ["GET", `/get-artifact?run_uuid=${run}&path=${text}`],
      ["GET", `/get-artifact?run_id=${run}&path=${text}`],
      ["GET", `/model-versions/get-artifact?name=pix&version=1&path=${text}`],
      ["POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=${text}`],
    ] as const) {
      const answer = await target.send(method, url, method === "POST" ? Buffer.from("pwned") : undefined);
      expectRefusal(answer, [400], [INVALID]);
    }
  });

  it("does not read the process's own files, and asks for a run", async () => {
    for (const path of ["../../etc/passwd", "/proc/self/environ", "/etc/passwd"]) {
      expectRefusal(await target.send("GET", `/get-artifact?run_uuid=${target.run}&path=${path}`), [400], [INVALID]);
    }
    expectRefusal(await target.send("GET", "/get-artifact?path=canary.txt"), [400, 404]);
    expectRefusal(await target.send("GET", `/get-artifact?run_uuid=${"0".repeat(32)}&path=a`), [404]);
  });
});

describe("what is not a file", () => {
  it("is told apart: nothing there, a folder, an empty path", async () => {
    expectRefusal(await target.send("GET", `${A}/0/none.txt`), [404], ["RESOURCE_DOES_NOT_EXIST"]);
    expectRefusal(await target.send("GET", `${A}/0/${target.run}`), [400], [INVALID]);
    expectRefusal(await target.send("DELETE", `${A}/`), [400, 404, 405]);
    expectRefusal(await target.send("DELETE", A), [400, 404, 405]);
    expectRefusal(await target.send("PUT", `${A}/`, Buffer.from("x")), [400, 404, 405]);
  });

  it("has a name that uploads under way have", async () => {
    const name = `0/${target.run}/artifacts/.artifact.uploading.1`;
    expectRefusal(await target.send("PUT", `${A}/${name}`, Buffer.from("x")), [400], [INVALID]);
  });

  it("is not replaced by one, nor goes below one", async () => {
    const home = `0/${target.run}/artifacts`;
    for (const path of [home, `${home}/canary.txt/below.txt`, `${home}/canary.txt/`, `${home}/`, "0"]) {
      expectRefusal(await target.send("PUT", `${A}/${path}`, Buffer.from("x")), [400, 409]);
    }
  });
});

describe("a link out of the root", () => {
  beforeAll(async () => {
    const home = join(target.home, "artifacts", "0", target.run, "artifacts");
    await symlink(join(target.home, "outside.txt"), join(home, "link.txt"));
    await mkdir(join(target.home, "secret"));
    await writeFile(join(target.home, "secret", "a.txt"), CANARY);
    await symlink(join(target.home, "secret"), join(home, "folder"));
    await symlink("/proc/self", join(home, "proc"));
    await symlink("loop", join(home, "loop"));
    await target.remember();
  });

  it.each(["link.txt", "folder/a.txt", "folder", "proc/environ", "loop"])("is not followed: %s", async (name) => {
    const home = `0/${target.run}/artifacts`;
    for (const url of [`${A}/${home}/${name}`, `/get-artifact?run_uuid=${target.run}&path=${name}`]) {
      expectRefusal(await target.send("GET", url), [400, 404]);
    }
    for (const url of [`${A}?path=${home}/${name}`, `${M}/artifacts/list?run_id=${target.run}&path=${name}`]) {
      const answer = await target.send("GET", url);
      expect([200, 400, 404]).toContain(answer.status);
      // Asked for as a folder, a file is an empty one.
      if (answer.status === 200) expect(answer.body.files ?? []).toEqual([]);
      expectNoLeak(answer);
    }
    if (name.includes("/") || name === "folder") {
      expectRefusal(await target.send("PUT", `${A}/${home}/folder/new.txt`, Buffer.from("pwned")), [400]);
      expectRefusal(await target.send("DELETE", `${A}/${home}/folder/a.txt`), [400]);
    }
  });

  it("put in the place of a folder again and again gives nothing away", async () => {
    const home = join(target.home, "artifacts", "0", "raced");
    await mkdir(join(home, "a"), { recursive: true });
    await writeFile(join(home, "a", "a.txt"), "harmless");
    let going = true;
    const moment = () => new Promise((resolve) => setTimeout(resolve, 1));
    const swap = (async () => {
      while (going) {
        await rm(join(home, "b"), { recursive: true, force: true });
        await rename(join(home, "a"), join(home, "b"));
        // An upload may have made the folder anew: then it stays for this time.
        await symlink(join(target.home, "secret"), join(home, "a")).catch(() => undefined);
        await moment();
        await rm(join(home, "a"), { recursive: true, force: true });
        await rename(join(home, "b"), join(home, "a")).catch(() => undefined);
        await mkdir(join(home, "a"), { recursive: true });
        await moment();
      }
    })();
    try {
      for (let round = 0; round < 200; round++) {
        const answer = await target.send("GET", `${A}/0/raced/a/a.txt`);
        expect([200, 400, 404]).toContain(answer.status);
        expect(answer.text).not.toContain(CANARY);
        // Whether it finds a folder is a matter of luck; that it writes outside of the root is what `afterEach` would see.
        const put = await target.send("PUT", `${A}/0/raced/a/new.txt`, Buffer.from("x"));
        expect([200, 400]).toContain(put.status);
      }
    } finally {
      going = false;
      await swap;
      await rm(home, { recursive: true });
    }
  });
});

describe("an upload that goes wrong", () => {
  it("breaks off half-way: the old file stays, and nothing else is to be seen", async () => {
    const path = `0/${target.run}/artifacts/canary.txt`;
    for (const encoding of ["Content-Length: 1000000", "Transfer-Encoding: chunked"]) {
      await new Promise<void>((resolve) => {
        const socket = connect(target.port, "127.0.0.1", () => {
          socket.write(`PUT ${A}/${path} HTTP/1.1\r\nHost: localhost\r\n${encoding}\r\n\r\n`);
          const half = Buffer.alloc(500_000);
          socket.write(encoding.startsWith("T") ? Buffer.concat([Buffer.from("7a120\r\n"), half]) : half, () =>
            socket.destroy(),
          );
        });
        socket.on("close", () => resolve());
      });
    }
    const read = await target.send("GET", `${A}/${path}`);
    expect(read.text).toBe(`alive in ${target.run}`);
    // Its temporary file goes as soon as the server has noticed.
    await expect.poll(() => target.isUnchanged(), { timeout: 20_000 }).toBe(true);
  });

  it("is larger than its kind may be, or empty", async () => {
    const url = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${target.run}&path=big.bin`;
    expectRefusal(await target.send("POST", url, Buffer.alloc(11 * 1024 * 1024)), [400, 413]);
    expectRefusal(await target.send("POST", url, Buffer.alloc(0)), [400]);
  });

  it("meets another one of the same path: one of the two stays, whole", async () => {
    const path = `${A}/0/${target.run}/artifacts/both.txt`;
    const [one, two] = [Buffer.alloc(200_000, "1"), Buffer.alloc(300_000, "2")];
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all([target.send("PUT", path, one), target.send("PUT", path, two)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const { text } = await target.send("GET", path);
      expect([one.toString(), two.toString()]).toContain(text);
    }
    await target.send("DELETE", path);
  });
});

describe("what browsers would run", () => {
  const HTML = "<script>fetch('/api')</script>";
  beforeAll(async () => {
    for (const name of ["x.html", "x.svg", "x.xhtml", "x.xml", "x.HTM", "x.js", "x.pdf"]) {
      await target.send("PUT", `${A}/0/${target.run}/artifacts/model/${name}`, Buffer.from(HTML));
    }
    await target.remember();
  });

  it.each(["x.html", "x.svg", "x.xhtml", "x.xml", "x.HTM", "x.js", "x.pdf"])(
    "comes as a download in a sandbox: %s",
    async (name) => {
      const { run } = target;
      for (const url of [
        `${A}/0/${run}/artifacts/model/${name}`,
        `${AJAX}/0/${run}/artifacts/model/${name}`,
        `/get-artifact?run_uuid=${run}&path=model/${name}`,
        `/model-versions/get-artifact?name=pix&version=1&path=${name}`,
      ]) {
        const { status, headers } = await target.send("GET", url);
        expect(status).toBe(200);
        expect(headers).toMatchObject({
          "content-disposition": expect.stringMatching(/^attachment/),
          "x-content-type-options": "nosniff",
          "content-security-policy": expect.stringContaining("sandbox"),
        });
      }
    },
  );

  it("keeps a name of any language, and lets none into the head of an answer", async () => {
    const path = `0/${target.run}/artifacts/${encodeURIComponent('ação "日本";x=y.txt')}`;
    expect((await target.send("PUT", `${A}/${path}`, Buffer.from("x"))).status).toBe(200);
    const { status, headers } = await target.send("GET", `${A}/${path}`);
    expect(status).toBe(200);
    expect(headers["content-disposition"]).toMatch(/^attachment; .*filename\*=UTF-8''a%C3%A7%C3%A3o/);
    expect(Object.keys(headers)).not.toContain("set-cookie");
    await target.send("DELETE", `${A}/${path}`);
  });
});
