import { type Command, text } from "../command.ts";

export const monitorCheck: Command = {
  name: "monitor check",
  summary: "Check a monitor.yaml, and say in words what would alert whom: exit code 2 when something is wrong with it",
  arguments: [{ name: "file", summary: "the monitor.yaml" }],
  options: [],
  async run(values, terminal) {
    const { describeMonitor } = await import("@esteira/monitor/file/describe-monitor");
    const { readMonitor } = await import("./monitor-file.ts");
    const { file } = await readMonitor(text(values, "file") ?? "");
    for (const line of describeMonitor(file)) terminal.out(line);
    return 0;
  },
};
