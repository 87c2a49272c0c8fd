/** A piece of a line, as legends show it. */
export const Stroke = ({ color, dash }: { color: string; dash?: readonly number[] | undefined }) => (
  <svg width={18} height={8} aria-hidden="true" style={{ flex: "none" }}>
    <path d="M1 4h16" stroke={color} strokeWidth={2.5} strokeDasharray={dash?.join(" ")} />
  </svg>
);
