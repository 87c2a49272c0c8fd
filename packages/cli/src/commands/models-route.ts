import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { portOf } from "../port.ts";
import { startRouter } from "../serving/router.ts";
import { wholeOption } from "../whole-option.ts";

export const modelsRoute: Command = {
  name: "models route",
  summary:
    "Give each request to one of the servers of two versions by its share, and show it to a third (canary, shadow)",
  options: [
    {
      flags: "--routes <file>",
      summary: "JSON that says which servers get how much; followed while it changes",
      required: true,
    },
    { flags: "-h, --host <host>", summary: "address to listen on", default: "127.0.0.1" },
    { flags: "-p, --port <port>", summary: "port to listen on; 0 is any free one", default: "5000" },
    { flags: "-t, --timeout <seconds>", summary: "how long a model's server may take for an answer", default: "60" },
    { flags: "--max-in-flight <count>", summary: "requests under way, beyond which the answer is 429", default: "512" },
    { flags: "--body-limit <MiB>", summary: "largest body of a request", default: "16" },
  ],
  async run(values, terminal) {
    const file = text(values, "routes") ?? "";
    const router = await startRouter({
      file,
      host: text(values, "host") ?? "127.0.0.1",
      port: portOf(text(values, "port")),
      timeoutMs: wholeOption(values, "timeout", 1, 86_400) * 1000,
      maxInFlight: wholeOption(values, "maxInFlight", 1, 1_000_000),
      bodyLimit: wholeOption(values, "bodyLimit", 1, 1024) * 1024 * 1024,
      note: terminal.note,
    });
    terminal.out(`Routing by ${pc.bold(file)} at ${pc.bold(router.address)}  ${pc.dim("(Ctrl-C stops it)")}`);
    await terminal.interrupted();
    await router.close();
    return 0;
  },
};
