/** Whether two digests name one content, `sha256:` in front or not; null where one of them is not known. */
export const isSameDigest = (one: string | null, other: string | null): boolean | null =>
  one === null || other === null ? null : bare(one) === bare(other);

const bare = (digest: string): string => digest.replace(/^sha256:/, "").toLowerCase();
