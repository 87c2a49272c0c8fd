import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { invalid } from "@esteira/core/errors";
import type { Terminal } from "./command.ts";

/** A password never stands on the command line, where other users of the machine could read it. */
export async function readPassword(terminal: Terminal, fromStdin: boolean): Promise<string> {
  if (fromStdin) {
    process.stdin.setEncoding("utf8");
    let read = "";
    for await (const chunk of process.stdin) read += chunk;
    return read.replace(/\r?\n$/, "");
  }
  if (!process.stdin.isTTY) {
    throw invalid("There is no terminal to ask for the password: pass it on standard input with --password-stdin.");
  }
  const first = await ask(terminal, "Password: ");
  if ((await ask(terminal, "Again: ")) !== first) throw invalid("The two passwords differ.");
  return first;
}

async function ask(terminal: Terminal, question: string): Promise<string> {
  const silent = new Writable({ write: (_, __, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => reject(invalid("No password was given.")));
      lines.once("close", () => reject(invalid("No password was given.")));
    });
  } finally {
    lines.close();
    terminal.note("");
  }
}
