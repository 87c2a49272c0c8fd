import type { CopyWatch } from "@esteira/deploy/registry/copy";

const EVERY_MS = 200;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** One line that changes, where somebody looks on. */
export function copyProgress(stream: NodeJS.WriteStream): CopyWatch & { end(): void } {
  const sizes = new Map<string, number>();
  let passed = 0;
  let last = 0;
  const isSeen = stream.isTTY === true;
  const show = (): void => {
    if (!isSeen || performance.now() - last < EVERY_MS) return;
    last = performance.now();
    const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    stream.write(`\r\u001b[K${megabytes(Math.min(passed, all))} of ${megabytes(all)}`);
  };
  return {
    begins: ({ digest, size }) => void sizes.set(digest, size),
    passed(_, bytes) {
      passed += bytes;
      show();
    },
    done: () => {},
    end: () => {
      if (isSeen && last > 0) stream.write("\r\u001b[K");
    },
  };
}
