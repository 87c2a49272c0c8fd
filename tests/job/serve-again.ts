import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Client, createClient } from "@esteira/sdk/client";
import { ROOT } from "./spawn-job.ts";

/** Gives the command that a job has printed to a shell, word for word, and asks the server that it starts. */
export async function servingAgain<T>(stdout: string, work: (client: Client, url: string) => Promise<T>): Promise<T> {
  const printed = /Again +(npx esteira server .*)/.exec(stdout)?.[1] ?? "";
  const server = spawn("sh", ["-c", printed], {
    cwd: ROOT,
    // A group of its own, as a terminal gives to a command: Ctrl-C reaches all of it.
    detached: true,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(server, "exit");
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      server.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const found = /serves at (http:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      void exited.then(() => reject(new Error(`${printed}\nended after it said:\n${said}`)));
    });
    return await work(createClient({ baseUrl: url }), url);
  } finally {
    if (server.exitCode === null) process.kill(-(server.pid ?? 0), "SIGINT");
    await exited;
  }
}
