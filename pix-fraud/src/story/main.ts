import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EXIT } from "@esteira/lifecycle/gates/verdict";
import pc from "picocolors";
import { faultText } from "../job/fault.ts";
import { parseStoryOptions, USAGE } from "./story-options.ts";

const INTERRUPTED = 130;
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => interrupt.abort(new Error("interrupted")));

try {
  const options = parseStoryOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else {
    const [{ tellStory }, { storyPicture }] = await Promise.all([
      import("./tell-story.ts"),
      import("./story-picture.ts"),
    ]);
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    const story = await tellStory(options, { signal: interrupt.signal, say });
    const folder = resolve(options.data);
    await writeFile(join(folder, "story.json"), `${JSON.stringify(story, null, 1)}\n`);
    await writeFile(join(folder, "story.svg"), storyPicture(story));
    say(`Written to ${options.data}: story.json, story.svg.`);
  }
} catch (error) {
  process.stderr.write(`${pc.red("story:")} ${interrupt.signal.aborted ? "interrupted" : faultText(error)}\n`);
  process.exitCode = interrupt.signal.aborted ? INTERRUPTED : EXIT.fault;
}
