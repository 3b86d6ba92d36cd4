/** Every word a person reads on this page. */

import type { Message } from "../../showcase/src/strings";
import type { FindingCode, Grade, Step } from "./model/findings";

export const text = {
  product: "Ringback",
  skipToContent: "Skip to content",
  heading: "Connection test",
  lead: "Half a minute that tells whether calls work from here: your devices, your network, and the way to the server and back.",
  ask: "Your browser will ask for camera and microphone. What they record comes straight back to you and is not kept.",
  start: "Start the test",
  again: "Test again",
  running: "Testing…",
  steps: "Steps",
  echoHeading: "Your echo",
  echoHint: "This went to the server and came back. Say something: the bar moves when your voice returns.",
  listen: "Play the sound aloud (use headphones)",
  roundTrip: "Round trip",
  loss: "Loss",
  milliseconds: (value: number | null) => (value === null ? "not known yet" : `${Math.round(value)} ms`),
  percent: (value: number) => `${value.toFixed(1)} %`,
  report: "Report",
  reportHint: "For whoever helps you. It holds no names and no addresses.",
  copy: "Copy report",
  copied: "Copied",
  showcase: "To the showcase",
} as const;

export const stepNames: Readonly<Record<Step, string>> = {
  signaling: "Server",
  devices: "Camera and microphone",
  path: "Way for sound and picture",
  echo: "Echo",
};

export const stateNames: Readonly<Record<Grade | "waiting" | "running", string>> = {
  waiting: "waiting",
  running: "running",
  good: "good",
  fair: "with limits",
  bad: "failed",
};

export const verdicts: Readonly<Record<Grade, Message>> = {
  good: { title: "Calls work from here", detail: "Server, devices and network are as they should be." },
  fair: { title: "Calls work, with limits", detail: "What limits them, and what helps, stands beside the step." },
  bad: { title: "Calls do not work from here", detail: "What is missing, and what helps, stands beside the step." },
};

export const findingWords: Readonly<Record<FindingCode, string>> = {
  CONNECTED: "The server answers.",
  NO_TOKEN:
    "The server gives no test access. Ask whoever runs it for a link to this page with a token, or try again in a minute.",
  NO_SIGNALING:
    "The server cannot be reached, or refuses the token. Check the network; a proxy must let WebSockets pass.",
  DEVICES_READY: "Both are there and allowed.",
  NO_CAMERA: "There is sound, but no picture. Allow or plug in a camera, or call with voice only.",
  NO_MICROPHONE: "Without a microphone there is no call. Allow or plug one in, then test again.",
  UDP: "Direct, over UDP: the fast way.",
  TCP: "Over TCP, because this network lets no UDP through. It works, with more delay. Ask its administrator to allow UDP.",
  NO_PATH:
    "Sound and picture do not reach the server. A firewall may block UDP; try another network, or ask its administrator.",
  ECHO_CLEAR: "Sound and picture come back clearly.",
  SLOW: "It takes long to come back. Use a cable instead of Wi-Fi, or switch off a VPN.",
  LOSSY: "Some of it gets lost. Move closer to the Wi-Fi, use a cable, or pause downloads.",
  SILENT: "The microphone is open, but silent. Check that it is not muted, and that it is the right one.",
  NO_SOUND: "No sound came back. Try another network; if it stays, tell whoever runs this server.",
  NO_PICTURE: "Sound came back, but no picture. Try another browser; if it stays, tell whoever runs this server.",
};
