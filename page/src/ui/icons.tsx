// Icons that stand beside colour, so that colour never says something alone.

const PATHS = {
  agrees: "M5 13l4 4L19 7",
  differs: "M6 6l12 12M18 6L6 18",
  close: "M6 6l12 12M18 6L6 18",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M21 21l-5-5",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  warn: "M12 4l9 16H3zM12 10v4M12 17v.5",
  send: "M4 12L20 5l-5 15-3-7zM12 13l8-8",
  stop: "M7 7h10v10H7z",
  tool: "M14.5 5.5a4 4 0 0 0-5 5L4 16v4h4l5.500-5.500a4 4 0 0 0 5-5L16 12l-4-4z",
  previous: "M15 5l-7 7 7 7",
  add: "M12 5v14M5 12h14",
  picture: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3 4.5 4.5M15.5 9.5v.01",
  undo: "M4 9h10a5 5 0 0 1 0 10h-4M8 5L4 9l4 4",
  history: "M12 7v5l3 2M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4",
  note: "M12 11v6M12 7v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  next: "M9 5l7 7-7 7",
  equal: "M5 9h14M5 15h14",
  unknown: "M8.500 8.500a3.5 3.5 0 1 1 5 3.200c-1 .5-1.500 1.200-1.500 2.300M12 18v.5",
};

export function Icon({ name, label }: { name: keyof typeof PATHS; label?: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}>
      <path d={PATHS[name]} />
    </svg>
  );
}
