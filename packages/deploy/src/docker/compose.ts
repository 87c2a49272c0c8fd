import { invalid } from "@esteira/core/errors";
import { stringify } from "yaml";
import { isSplit } from "../traffic/routes.ts";
import type { Wanted } from "../wanted.ts";
import { PORT, USER } from "./containers.ts";
import { checkSettings, DEFAULTS, imagesWanted, type Settings } from "./revision.ts";

const PING = `fetch("http://127.0.0.1:${PORT}/ping").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;

/**
 * A compose file that runs the same container, as little allowed. Compose replaces containers one after the other: a change has a gap in
 * which nobody answers, and the file says so.
 */
export function composeFile(wanted: Wanted, settings: Partial<Settings>): string {
  const { name, port, model } = wanted;
  if (isSplit(wanted)) throw invalid("A compose file runs one model: leave the canary and the shadow out.");
  const image = imagesWanted(wanted).primary;
  const { memory, cpus, address, env } = checkSettings({ ...DEFAULTS, ...settings });
  // Compose reads $ as the beginning of a variable of its own.
  const plain = (text: string): string => text.replaceAll("$", "$$$$");
  const host = address.includes(":") ? `[${address}]` : address;
  const service = {
    image,
    command: ["serve"],
    user: USER,
    ports: [port === undefined ? `${host}::${PORT}` : `${host}:${port}:${PORT}`],
    read_only: true,
    tmpfs: ["/tmp:rw,noexec,nosuid,nodev,size=64m"],
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    pids_limit: 256,
    mem_limit: memory,
    cpus,
    restart: "unless-stopped",
    stop_grace_period: "30s",
    ...(Object.keys(env).length === 0
      ? {}
      : { environment: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, plain(value)])) }),
    healthcheck: {
      test: ["CMD", "node", "-e", plain(PING)],
      ...{ interval: "10s", timeout: "5s", retries: 3, start_period: "60s" },
    },
    labels: { "dev.esteira.compose": name, "dev.esteira.model": plain(model) },
  };
  const heading = `# ${name}: ${model}\n# Another version is another image: \`docker compose up -d\` ends this container before the next one answers.\n`;
  return heading + stringify({ services: { [name]: service } }, { lineWidth: 0 });
}
