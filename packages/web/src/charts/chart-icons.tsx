/** A line icon on a 16-unit grid, in the colour of the text around it; names stand on the controls. */
const Line = ({ d }: { d: string }) => (
  <svg
    width={14}
    height={14}
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

export const FullIcon = () => <Line d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />;
export const CloseIcon = () => <Line d="m3.5 3.5 9 9M12.5 3.5l-9 9" />;
export const MoreIcon = () => <Line d="M3.5 8h.01M8 8h.01M12.5 8h.01" />;
export const TableIcon = () => <Line d="M2.5 3h11v10h-11zM2.5 6.4h11M2.5 9.7h11M6.5 6.4V13" />;
export const BackIcon = () => <Line d="M10 3.5 5.5 8l4.5 4.5" />;
export const OnIcon = () => <Line d="M6 3.5 10.5 8 6 12.5" />;
export const PlusIcon = () => <Line d="M8 3v10M3 8h10" />;
export const MinusIcon = () => <Line d="M3 8h10" />;
