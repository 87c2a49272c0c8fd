/** Which of two versions is the newer one, by the rules of where they come from. */

export type VersionOrder = "semver" | "debian" | "pypi";

/** Below zero where `one` is the older. */
export function compareVersions(order: VersionOrder, one: string, other: string): number {
  if (order === "debian") return compareDebian(one, other);
  return order === "semver" ? compareSemver(one, other) : comparePython(one, other);
}

/** Semantic Versioning 2.0.0, section 11. */
function compareSemver(one: string, other: string): number {
  const [a, b] = [semverParts(one), semverParts(other)];
  for (let at = 0; at < 3; at++) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.early.length === 0 || b.early.length === 0) return b.early.length - a.early.length;
  for (let at = 0; at < Math.max(a.early.length, b.early.length); at++) {
    const [x, y] = [a.early[at], b.early[at]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [isX, isY] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    const difference = isX && isY ? Number(x) - Number(y) : isX === isY ? (x < y ? -1 : x > y ? 1 : 0) : isX ? -1 : 1;
    if (difference !== 0) return difference;
  }
  return 0;
}

function semverParts(version: string) {
  const [plain = ""] = version.replace(/^v/, "").split("+");
  const cut = plain.indexOf("-");
  const numbers = (cut === -1 ? plain : plain.slice(0, cut)).split(".").map((part) => Number.parseInt(part, 10) || 0);
  return { numbers, early: cut === -1 ? [] : plain.slice(cut + 1).split(".") };
}

/** Debian's policy, 5.6.12: epoch, upstream, revision; letters before all else, and a tilde before the end. */
function compareDebian(one: string, other: string): number {
  const [a, b] = [debianParts(one), debianParts(other)];
  return a.epoch - b.epoch || compareDebianPart(a.upstream, b.upstream) || compareDebianPart(a.revision, b.revision);
}

function debianParts(version: string) {
  const [, epoch = "0", rest = version] = /^(\d+):(.*)$/.exec(version) ?? [];
  const cut = rest.lastIndexOf("-");
  return {
    epoch: Number(epoch),
    upstream: cut === -1 ? rest : rest.slice(0, cut),
    revision: cut === -1 ? "" : rest.slice(cut + 1),
  };
}

function compareDebianPart(one: string, other: string): number {
  const weight = (sign: string | undefined): number => {
    if (sign === "~") return -1;
    if (sign === undefined || /\d/.test(sign)) return 0;
    return /[A-Za-z]/.test(sign) ? sign.charCodeAt(0) : sign.charCodeAt(0) + 256;
  };
  let [a, b] = [one, other];
  while (a !== "" || b !== "") {
    while ((a !== "" && !/^\d/.test(a)) || (b !== "" && !/^\d/.test(b))) {
      const difference = weight(a[0]) - weight(b[0]);
      if (difference !== 0) return difference;
      a = /^\d/.test(a) ? a : a.slice(1);
      b = /^\d/.test(b) ? b : b.slice(1);
    }
    const [digitsA = "", digitsB = ""] = [/^\d*/.exec(a)?.[0], /^\d*/.exec(b)?.[0]];
    const difference = Number(digitsA) - Number(digitsB);
    if (difference !== 0) return difference;
    a = a.slice(digitsA.length);
    b = b.slice(digitsB.length);
  }
  return 0;
}

/** PEP 440, as far as releases, candidates and repairs go: `1.0a2 < 1.0rc1 < 1.0 < 1.0.post1`, and a `.dev` before all of its own. */
function comparePython(one: string, other: string): number {
  const [a, b] = [pythonParts(one), pythonParts(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const EARLY: Readonly<Record<string, number>> = { a: 1, b: 2, rc: 3 };
const RELEASE_PARTS = 8;

function pythonParts(version: string): readonly number[] {
  const found =
    /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|rc)[-_.]?(\d*))?(?:[-_.]?post[-_.]?(\d*))?(?:[-_.]?dev[-_.]?(\d*))?/i.exec(
      version
        .trim()
        .toLowerCase()
        .replace(/alpha/, "a")
        .replace(/beta/, "b")
        .replace(/(?<!r)c(?=\d)/, "rc"),
    );
  if (found === null) return [];
  const [, epoch = "0", release = "0", early, earlyNumber = "", post, dev] = found;
  const numbers = release.split(".").map(Number);
  const isDevAlone = dev !== undefined && early === undefined && post === undefined;
  return [
    Number(epoch),
    ...Array.from({ length: RELEASE_PARTS }, (_, at) => numbers[at] ?? 0),
    early === undefined ? (isDevAlone ? 0 : 4) : (EARLY[early] ?? 0),
    Number(earlyNumber),
    post === undefined ? 0 : 1 + Number(post),
    // What is under way comes before what it becomes.
    dev === undefined ? Number.MAX_SAFE_INTEGER : Number(dev),
  ];
}
