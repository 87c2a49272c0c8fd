import { spawn } from "node:child_process";

/**
 * Ends the group when its input ends without a word: that is when whoever started it was killed, and could not end it any more.
 * $1 is the group, $2 the seconds that it may take.
 */
const SCRIPT = `read -r word && exit
kill -TERM -- "-$1" 2>/dev/null
for (( left = $2 * 10; left > 0; left-- )); do
  kill -0 -- "-$1" 2>/dev/null || exit
  sleep 0.1
done
kill -KILL -- "-$1" 2>/dev/null`;

/**
 * Watches over a process group for the case that this process is killed (SIGKILL, or for want of memory), which no handler sees: the
 * pipe to the guard then closes, and the guard ends the group.
 *
 * @returns what sends the guard away. Only while the group is there or has just ended: later its number may be another's.
 */
export function guardGroup(group: number, graceMs: number): () => void {
  const guard = spawn("bash", ["-c", SCRIPT, "guard", String(group), String(Math.ceil(graceMs / 1000))], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Without a guard the task runs as well.
  guard.on("error", () => undefined);
  guard.stdin.on("error", () => undefined);
  guard.unref();
  return () => void guard.stdin.end("done\n");
}
