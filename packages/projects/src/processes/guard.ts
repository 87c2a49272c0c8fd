import { spawn } from "node:child_process";

/**
 * Starts what is to happen when this process is gone without a word: killed (SIGKILL, or for want of memory), which no handler sees. The
 * pipe to a waiting bash then closes, and bash goes on with the script.
 *
 * @param script for bash, with its arguments as $1 and so on.
 * @returns what sends the guard away.
 */
export function whenGone(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): () => void {
  const guard = spawn("bash", ["-c", `read -r word && exit\n${script}`, "guard", ...args], {
    env: { ...env },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Without a guard the work is done as well.
  guard.on("error", () => undefined);
  guard.stdin.on("error", () => undefined);
  guard.unref();
  return () => void guard.stdin.end("done\n");
}

/** $1 is the group, $2 the seconds that it may take. */
const END_GROUP = `kill -TERM -- "-$1" 2>/dev/null
for (( left = $2 * 10; left > 0; left-- )); do
  kill -0 -- "-$1" 2>/dev/null || exit
  sleep 0.1
done
kill -KILL -- "-$1" 2>/dev/null`;

/**
 * Ends a process group when this process is gone.
 *
 * @returns what sends the guard away. Only while the group is there or has just ended: later its number may be another's.
 */
export const guardGroup = (group: number, graceMs: number): (() => void) =>
  whenGone(END_GROUP, [String(group), String(Math.ceil(graceMs / 1000))]);
