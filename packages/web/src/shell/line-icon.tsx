export interface IconProps {
  /** Pixels. */
  readonly size?: number;
}

/** A line icon on a 16-unit grid, in the colour of the text around it. Decorative: names stand on the controls. */
export function LineIcon({ d, size = 16 }: IconProps & { d: string }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={d} />
    </svg>
  );
}
