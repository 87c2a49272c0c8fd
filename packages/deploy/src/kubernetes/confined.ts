/** What the `restricted` Pod Security standard asks of a pod and its containers. */

/** Of Esteira's images: nobody, by number, so that a cluster can tell that it is not root. */
export const NOBODY = 65_532;

export const CONFINED_POD = {
  runAsNonRoot: true,
  runAsUser: NOBODY,
  runAsGroup: NOBODY,
  fsGroup: NOBODY,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

export const CONFINED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} as const;
