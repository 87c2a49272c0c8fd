import { invalid } from "@esteira/core/errors";
import pc from "picocolors";
import { CIS } from "../ci/start-pipeline.ts";
import { type Command, text, texts } from "../command.ts";
import { portOf } from "../port.ts";

/** Where webhooks lead that start a pipeline: CIs want tokens of their own in the call, which no webhook sends. */
export const ciRelay: Command = {
  name: "ci relay",
  summary: "Start a model's pipeline on signed webhooks: alerts of its monitor, events of the registry",
  arguments: [
    { name: "ci", summary: "github, gitlab or jenkins" },
    { name: "project", summary: "OWNER/REPOSITORY, GROUP/PROJECT, or the address of the branch's job at Jenkins" },
  ],
  options: [
    { flags: "-m, --model <name>", summary: "the registered model whose events count", required: true },
    {
      flags: "--on <event>",
      summary:
        "ENTITY.ACTION that starts it, such as model_version_tag.set; may be repeated (default: model_alert.firing)",
      repeats: true,
    },
    { flags: "--branch <name>", summary: "whose pipeline it is", default: "main" },
    { flags: "-h, --host <host>", summary: "address to listen on", default: "127.0.0.1" },
    { flags: "-p, --port <port>", summary: "port to listen on; 0 is any free one", default: "5090" },
  ],
  async run(values, terminal) {
    const { env, note } = terminal;
    const ci = CIS.find((known) => known === text(values, "ci"));
    if (ci === undefined)
      throw invalid(
        `There is no CI '${text(values, "ci")}': expected ${CIS.slice(0, -1).join(", ")} or ${CIS.at(-1)}.`,
      );
    const secret = env.ESTEIRA_WEBHOOK_SECRET;
    if (!secret) throw invalid("ESTEIRA_WEBHOOK_SECRET is not set: give the webhook's secret in it.");
    const events = texts(values, "on");
    const unclear = events.find((event) => !/^[a-z_]+\.[a-z_]+$/.test(event));
    if (unclear !== undefined)
      throw invalid(`--on is '${unclear}': expected ENTITY.ACTION, such as model_alert.firing.`);
    const [{ startRelay }, { pipelineStarter }] = await Promise.all([
      import("../ci/relay.ts"),
      import("../ci/start-pipeline.ts"),
    ]);
    const [model, project, branch] = ["model", "project", "branch"].map((name) => text(values, name) ?? "");
    const relay = await startRelay({
      ...{ host: text(values, "host") ?? "127.0.0.1", port: portOf(text(values, "port")), secret, model: model! },
      events: events.length === 0 ? ["model_alert.firing"] : events,
      start: pipelineStarter({ ci, project: project!, branch: branch! }, env),
      ...{ clock: Date.now, note },
    });
    terminal.out(`Webhooks of ${pc.bold(model!)} start the pipeline of ${pc.bold(project!)} at ${pc.bold(relay.url)}`);
    await terminal.interrupted();
    await relay.close();
    return 0;
  },
};
