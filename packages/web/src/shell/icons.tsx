import { type IconProps, LineIcon } from "./line-icon.tsx";

export const SearchIcon = (props: IconProps) => (
  <LineIcon {...props} d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM14 14l-3.4-3.4" />
);
export const ColumnsIcon = (props: IconProps) => <LineIcon {...props} d="M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10" />;
export const RefreshIcon = (props: IconProps) => (
  <LineIcon {...props} d="M13.5 8A5.5 5.5 0 1 1 11.7 4M13.5 2v3.2h-3.2" />
);
export const ChevronIcon = (props: IconProps) => <LineIcon {...props} d="m6 3.5 4.5 4.5L6 12.5" />;
export const HelpIcon = (props: IconProps) => (
  <LineIcon
    {...props}
    d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.3 6.2a1.8 1.8 0 1 1 2.5 1.9c-.6.3-.8.6-.8 1.1M8 11.4v.1"
  />
);
export const SunIcon = (props: IconProps) => (
  <LineIcon
    {...props}
    d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9"
  />
);
export const MoonIcon = (props: IconProps) => (
  <LineIcon {...props} d="M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z" />
);
export const ScreenIcon = (props: IconProps) => <LineIcon {...props} d="M2 3h12v8H2zM6 14h4M8 11v3" />;
export const FolderIcon = (props: IconProps) => <LineIcon {...props} d="M1.8 12.5v-9h4l1.5 1.8h6.9v7.2z" />;
export const FileIcon = (props: IconProps) => <LineIcon {...props} d="M4 1.8h5l3 3v9.4H4zM9 1.8v3h3" />;
export const DownloadIcon = (props: IconProps) => <LineIcon {...props} d="M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11" />;
export const CopyIcon = (props: IconProps) => <LineIcon {...props} d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />;
export const CheckIcon = (props: IconProps) => <LineIcon {...props} d="m3 8.5 3.2 3.2L13 5" />;
export const CompareIcon = (props: IconProps) => <LineIcon {...props} d="M2.5 3.5h4v9h-4zM9.5 3.5h4v9h-4z" />;
export const UpIcon = (props: IconProps) => <LineIcon {...props} d="M8 13V3.5M4 7l4-4 4 4" />;
export const PersonIcon = (props: IconProps) => (
  <LineIcon {...props} d="M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8ZM2.5 14a5.5 4.6 0 0 1 11 0" />
);
export const DownIcon = (props: IconProps) => <LineIcon {...props} d="M8 3v9.5M4 9l4 4 4-4" />;

export const KeyboardIcon = (props: IconProps) => (
  <LineIcon {...props} d="M1.5 4h13v8.5h-13zM4 7h.1M6.7 7h.1M9.4 7h.1M12 7h.1M5 9.8h6" />
);
export const CrossIcon = (props: IconProps) => <LineIcon {...props} d="m4 4 8 8M12 4l-8 8" />;
export const WarnIcon = (props: IconProps) => <LineIcon {...props} d="M8 2 1.5 13.5h13zM8 6.5v3.2M8 11.6v.1" />;
export const ArrowIcon = (props: IconProps) => <LineIcon {...props} d="M2.5 8h11M9.5 4l4 4-4 4" />;
export const PencilIcon = (props: IconProps) => (
  <LineIcon {...props} d="m2.5 13.5.7-3L10.7 3l2.3 2.3-7.5 7.5zM9 4.7 11.3 7" />
);
export const DotsIcon = (props: IconProps) => <LineIcon {...props} d="M3 8h.1M8 8h.1M13 8h.1" />;

/** A crate on a conveyor belt. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <rect x="7" y="3.5" width="7.5" height="7.5" rx="1.5" fill="currentColor" />
      <rect x="2" y="13" width="20" height="8" rx="4" fill="none" stroke="currentColor" strokeWidth="2" />
      <circle cx="6.5" cy="17" r="1.4" fill="currentColor" />
      <circle cx="12" cy="17" r="1.4" fill="currentColor" />
      <circle cx="17.5" cy="17" r="1.4" fill="currentColor" />
    </svg>
  );
}
