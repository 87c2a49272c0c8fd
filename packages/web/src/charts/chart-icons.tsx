import { LineIcon } from "../shell/line-icon.tsx";

export const FullIcon = () => <LineIcon size={14} d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />;
export const CloseIcon = () => <LineIcon size={14} d="m3.5 3.5 9 9M12.5 3.5l-9 9" />;
export const MoreIcon = () => <LineIcon size={14} d="M3.5 8h.01M8 8h.01M12.5 8h.01" />;
export const TableIcon = () => <LineIcon size={14} d="M2.5 3h11v10h-11zM2.5 6.4h11M2.5 9.7h11M6.5 6.4V13" />;
export const BackIcon = () => <LineIcon size={14} d="M10 3.5 5.5 8l4.5 4.5" />;
export const OnIcon = () => <LineIcon size={14} d="M6 3.5 10.5 8 6 12.5" />;
export const PlusIcon = () => <LineIcon size={14} d="M8 3v10M3 8h10" />;
export const MinusIcon = () => <LineIcon size={14} d="M3 8h10" />;
