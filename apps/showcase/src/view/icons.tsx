import type { JSX } from "preact";

const PATHS = {
  microphone:
    "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  microphoneOff:
    "M3.5 3.5l17 17M8.5 8.5v3a3.5 3.5 0 0 0 5.4 2.9M15.5 11.3V6.5a3.5 3.5 0 0 0-6.7-1.4M5.5 11.5a6.5 6.5 0 0 0 10.4 5.2M18.4 12.7c.1-.4.1-.8.1-1.2M12 18v3",
  camera: "M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 11l6-3.5v9l-6-3.5",
  cameraOff:
    "M3 3l18 18M10.5 6.5h3a2 2 0 0 1 2 2v3l6-4v9l-2.5-1.7M15.3 15.9a2 2 0 0 1-1.8 1.6h-9a2 2 0 0 1-2-2v-7c0-1 .8-1.9 1.8-2",
  screen:
    "M4 4.5h16a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 15V6A1.5 1.5 0 0 1 4 4.5ZM8.5 20h7M12 13.5v-6M9 10l3-3 3 3",
  phone:
    "M5 3.5h3.2l1.7 4.6-2.2 1.6a12.5 12.5 0 0 0 6.6 6.6l1.6-2.2 4.6 1.7V19a2 2 0 0 1-2.1 2A16.4 16.4 0 0 1 3 5.6 2 2 0 0 1 5 3.5Z",
  hangUp: "M3 14.5c-.9-1.7-.5-3.6 1-4.8a13 13 0 0 1 16 0c1.5 1.2 1.9 3.1 1 4.8l-4.3-1.5v-2.6a14 14 0 0 0-9.4 0v2.6Z",
  leave: "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15.5 16l4-4-4-4M19.5 12H9.5",
  people:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5a6.5 6.5 0 0 1 13 0M16.5 5a3.5 3.5 0 0 1 0 6.3M18.5 14.2a6.5 6.5 0 0 1 3 5.3",
  again: "M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5",
  external: "M14 4h6v6M20 4l-9 9M18 14v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h4",
  alert: "M12 8.5v4.5M12 16.5v.1M10.3 4 2.8 17a2 2 0 0 0 1.7 3h15a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z",
  chat: "M5 4.5h14A2.5 2.5 0 0 1 21.5 7v7.5A2.5 2.5 0 0 1 19 17h-7l-5 4v-4H5a2.5 2.5 0 0 1-2.5-2.5V7A2.5 2.5 0 0 1 5 4.5Z",
  send: "M4 4.5 20.5 12 4 19.5l2.5-7.5ZM6.5 12H13",
  speaker: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  close: "M6 6l12 12M18 6 6 18",
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing beside words that say the same: never read aloud. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M9 16a7 7 0 0 1 14 0M13 16.5a3 3 0 0 1 6 0M8 21.5h7M12.5 25 8.8 21.5l3.7-3.5" />
    </svg>
  );
}
