import { invalid } from "@esteira/core/errors";

export interface UnitOptions {
  readonly name: string;
  /** What is served, for people. */
  readonly model: string;
  /** The program, whole path, and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A unit for systemd that serves a model: started again when it ends, and allowed to write nothing but its own /tmp.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for what no unit could say
 */
export function systemdUnit({ name, model, command, env }: UnitOptions): string {
  const [program = ""] = command;
  if (!program.startsWith("/")) throw invalid(`'${program}' cannot be what a unit runs: expected a whole path.`);
  const variables = Object.entries(env).map(([key, value]) => `Environment=${word(`${key}=${value}`)}`);
  return `[Unit]
Description=${plain(`${model} as ${name}`)}

[Service]
ExecStart=${command.map((one) => word(one).replaceAll("$", "$$$$")).join(" ")}
${variables.map((line) => `${line}\n`).join("")}Restart=always
RestartSec=1
KillSignal=SIGTERM
TimeoutStopSec=30
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=read-only
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes

[Install]
WantedBy=default.target
`;
}

const CONTROL = /\p{Cc}/u;

/** As one word, in which nothing is expanded; systemd reads % everywhere, and backslashes within quotes. */
function word(text: string): string {
  return `"${plain(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function plain(text: string): string {
  if (CONTROL.test(text)) throw invalid("A unit of systemd cannot have line breaks or control characters in it.");
  return text.replaceAll("%", "%%");
}
