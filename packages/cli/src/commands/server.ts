import { invalid } from "@esteira/core/errors";
import pc from "picocolors";
import { accessStart } from "../access-start.ts";
import { backendStoreUri, DATABASE } from "../administration.ts";
import { artifactOptions } from "../artifact-options.ts";
import { BOUNDARY, boundaryOptions } from "../boundary-options.ts";
import { type Command, text } from "../command.ts";
import { workBesideServer } from "../flow/beside-server.ts";
import { checkMlflowOptions, MLFLOW_OPTIONS } from "../mlflow-options.ts";
import { OIDC } from "../oidc-options.ts";
import { serverPort } from "../port.ts";
import { SIGNING_KEY, signingKey } from "../signing-key.ts";

export const server: Command = {
  name: "server",
  summary: "Serve tracking, registry, artifacts and the web UI (MLflow's REST API)",
  options: [
    { flags: "--host <host>", summary: "address to listen on; also MLFLOW_HOST (default: 127.0.0.1)" },
    { flags: "-p, --port <port>", summary: "port to listen on; 0 is any free one; also MLFLOW_PORT (default: 5000)" },
    DATABASE,
    {
      flags: "--artifacts-destination <uri>",
      summary:
        "where the artifacts that pass through the server are kept, a folder or s3://bucket/prefix; also MLFLOW_ARTIFACTS_DESTINATION (default: ./mlartifacts)",
    },
    {
      flags: "--default-artifact-root <uri>",
      summary:
        "where new experiments keep artifacts; also MLFLOW_DEFAULT_ARTIFACT_ROOT (default: mlflow-artifacts:/, through the server)",
    },
    {
      flags: "--serve-artifacts",
      summary: "pass artifacts through the server (the default); also MLFLOW_SERVE_ARTIFACTS",
    },
    { flags: "--no-serve-artifacts", summary: "pass none through: clients reach the artifact root by themselves" },
    {
      flags: "--artifact-roots <uris>",
      summary: "further places whose artifacts the server reads, with commas between; also ESTEIRA_ARTIFACT_ROOTS",
    },
    { flags: "--app-name <name>", summary: "basic-auth: users, tokens and permissions (off without it)" },
    {
      flags: "--default-permission <level>",
      summary: "with access control: what users may do where nothing was granted (default: NO_PERMISSIONS)",
    },
    { flags: "--public-url <url>", summary: "with access control: the address at which browsers reach the server" },
    {
      flags: "--allow-private-issuers",
      summary:
        "with access control: trust issuers of a CI in private networks too, and on this machine without TLS; also ESTEIRA_ALLOW_PRIVATE_ISSUERS",
    },
    {
      flags: "--insecure-allow-anonymous",
      summary: "listen beyond this machine without access control: everybody may do everything",
    },
    {
      flags: "--drain-seconds <seconds>",
      summary:
        "on SIGTERM, go on for so long while /ready answers 503, so that a balancer turns away first (default: 0)",
    },
    {
      flags: "--work-flows",
      summary: "also do the steps of deployment flows, as `esteira flow work` does, in a process beside this one",
    },
    SIGNING_KEY,
    { flags: "--no-metrics", summary: "count nothing: there is no /metrics for Prometheus" },
    ...OIDC,
    ...BOUNDARY,
    ...MLFLOW_OPTIONS,
  ],
  async run(values, terminal) {
    const uri = backendStoreUri(values, terminal.env);
    checkMlflowOptions(values, terminal.env, uri, terminal.note);
    const drainMs = drainSeconds(text(values, "drainSeconds")) * 1000;
    const reach = boundaryOptions(values, terminal.env);
    const { startServer } = await import("@esteira/server/start");
    const { standardLog } = await import("@esteira/server/log");
    const { webhookOptions } = await import("@esteira/server/webhooks/environment");
    const { webAssets } = await import("@esteira/web/node/assets");
    const webRoot = await webAssets({ onProgress: terminal.note });
    const { digestOfFiles } = await import("@esteira/models/format/digest");
    const access = await accessStart(values, terminal.env);
    if (values.workFlows === true && access !== undefined && !terminal.env.MLFLOW_TRACKING_TOKEN)
      throw invalid("With access control, --work-flows needs an admin's service token in MLFLOW_TRACKING_TOKEN.");
    const running = await startServer({
      host: text(values, "host") ?? (terminal.env.MLFLOW_HOST || "127.0.0.1"),
      port: serverPort(values, terminal.env),
      backendStoreUri: uri,
      ...reach,
      ...artifactOptions(values, terminal.env),
      modelDigest: digestOfFiles,
      webhooks: webhookOptions(terminal.env),
      signingKey: signingKey(values, terminal.env),
      webhookKey: terminal.env.MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY,
      metrics: values.metrics !== false,
      allowAnonymous: values.insecureAllowAnonymous === true,
      ...(access === undefined ? {} : { access, log: standardLog() }),
      ...(webRoot ? { webRoot } : {}),
    });
    terminal.out(`Esteira serves at ${pc.bold(running.url)}  ${pc.dim("(Ctrl-C stops it)")}`);
    terminal.out(pc.dim(`From Python: export MLFLOW_TRACKING_URI=${running.url}`));
    if (running.setupToken !== undefined) {
      terminal.out("There is no admin yet. Whoever opens this address first, within 24 hours, makes one:");
      terminal.out(`  ${access?.publicUrl?.replace(/\/+$/, "") ?? running.url}/#/sign-in?setup=${running.setupToken}`);
      terminal.out(pc.dim("Or without a browser:"));
      terminal.out(`  curl -X POST ${running.url}/api/esteira/v1/access/setup -H 'content-type: application/json' \\`);
      terminal.out(`    -d '{"token": "${running.setupToken}", "username": "admin", "password": "..."}'`);
    }
    const worker = values.workFlows === true ? workBesideServer(running.url, terminal.env, terminal.note) : undefined;
    const signal = await terminal.interrupted();
    await worker?.stop();
    await running.close({ drainMs: signal === "SIGTERM" ? drainMs : 0 });
    return 0;
  },
};

function drainSeconds(value: string | undefined): number {
  if (value === undefined) return 0;
  if (/^\d{1,4}$/.test(value) && Number(value) <= 3600) return Number(value);
  throw invalid(`--drain-seconds is '${value}'; it must be a whole number from 0 to 3600.`);
}
