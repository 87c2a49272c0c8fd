import { type IconProps, LineIcon } from "../shell/line-icon.tsx";

export const PinIcon = (props: IconProps) => <LineIcon {...props} d="M5.5 2h5M6.5 2v4.5L4.5 9.5h7l-2-3V2M8 9.5V14" />;
export const GroupIcon = (props: IconProps) => <LineIcon {...props} d="M2.5 3h11M5 7h8.5M5 10h8.5M5 13h8.5M2.5 7v6" />;
export const ViewIcon = (props: IconProps) => <LineIcon {...props} d="M4 2.5h8v11l-4-3-4 3z" />;
export const TagIcon = (props: IconProps) => <LineIcon {...props} d="M2.5 2.5h5l6 6-5 5-6-6zM5.3 5.3v.1" />;
export const ArchiveIcon = (props: IconProps) => <LineIcon {...props} d="M2 3h12v3H2zM3 6v7h10V6M6.5 9h3" />;
export const BinIcon = (props: IconProps) => (
  <LineIcon {...props} d="M2.5 4h11M6 4V2.5h4V4M4 4l.6 9.5h6.8L12 4M6.7 7v4M9.3 7v4" />
);
export const RestoreIcon = (props: IconProps) => <LineIcon {...props} d="M2.5 8A5.5 5.5 0 1 0 4.3 4M2.5 2v3.2h3.2" />;
