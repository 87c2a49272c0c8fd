import pc from "picocolors";

/** What the job says while it works. At a terminal the running step is one line that changes; elsewhere, lines only. */
export interface JobConsole {
  title(text: string): void;
  /** Runs a step under a heading; prints how long it took, and whatever `work` says through `say`. */
  step<T>(
    heading: string,
    work: (say: (line: string) => void, progress: (text: string) => void) => Promise<T>,
  ): Promise<T>;
  line(text?: string): void;
}

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

export function createConsole(out: NodeJS.WriteStream): JobConsole {
  let number = 0;
  const live = out.isTTY === true;
  const write = (text: string) => out.write(text);
  const clear = () => live && write("\r\x1b[K");

  return {
    title: (text) => void write(`\n${pc.bold(text)}\n\n`),
    line: (text = "") => void write(`${text}\n`),
    async step(heading, work) {
      const label = `${pc.dim(String(++number).padStart(2))} ${pc.bold(heading.padEnd(10))}`;
      const started = performance.now();
      let doing = "";
      let frame = 0;
      const spin = live
        ? setInterval(() => {
            clear();
            write(
              `${label} ${pc.cyan(SPINNER[frame++ % SPINNER.length] ?? "")} ${doing.slice(0, Math.max(20, out.columns - 20))}`,
            );
          }, 120)
        : undefined;
      let said = 0;
      const say = (line: string) => {
        clear();
        write(`${said++ === 0 ? label : " ".repeat(13)} ${line}\n`);
      };
      try {
        const result = await work(say, (text) => {
          doing = text;
        });
        clear();
        write(`${" ".repeat(13)} ${pc.dim(`${((performance.now() - started) / 1000).toFixed(1)} s`)}\n`);
        return result;
      } catch (error) {
        clear();
        write(`${label} ${pc.red("failed")}\n`);
        throw error;
      } finally {
        clearInterval(spin);
      }
    },
  };
}
