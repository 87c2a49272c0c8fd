import { backendStore, storeUri } from "../backend-store.ts";
import { type Command, text } from "../command.ts";

export const dbBackup: Command = {
  name: "db backup",
  summary: "Copy a database as it is at one moment, while servers go on writing to it (artifacts are not copied)",
  options: [
    backendStore,
    { flags: "-o, --output <file>", summary: "the copy; a file that must not exist yet", required: true },
  ],
  async run(values, terminal) {
    const { backUp } = await import("@esteira/store/maintenance/backup");
    const file = text(values, "output") ?? "";
    const { bytes } = await backUp(storeUri(values, terminal), file);
    terminal.out(`${file}: ${bytes} bytes, whole and on the disk.`);
    return 0;
  },
};
