/** Every word a person reads on this page. */

import type { MediaProblem } from "./model/problems";
import type { TokenFailure } from "./model/tokens";

const device = (problem: MediaProblem): string => (problem.device === "camera" ? "camera" : "microphone");
const Device = (problem: MediaProblem): string => (problem.device === "camera" ? "Camera" : "Microphone");

export interface Message {
  readonly title: string;
  readonly detail: string;
}

export const text = {
  product: "Ringback",
  title: "Ringback showcase",
  skipToContent: "Skip to content",

  name: {
    heading: "Call anyone, right from here",
    lead: "Two people, two windows, no accounts. Pick a name and others can call you by it.",
    label: "Your name",
    placeholder: "For example, Ada",
    reachedAs: "Others reach you as",
    needed: "Type a name with at least one letter or digit.",
    submit: "Continue",
    connecting: "Connecting…",
    privacy: "Everything stays on this server. The name is forgotten when you close the window.",
  },

  lobby: {
    heading: (name: string) => `Hello, ${name}`,
    lead: "Check how you look, then call somebody or open a room.",
    changeName: "Change name",
    callHeading: "Call someone",
    callLabel: "Their name",
    callSubmit: "Call",
    callNeeded: "Type the name of the person to call.",
    callSelf: "That is you. Open a second window and pick another name to call.",
    roomHeading: "Join a room",
    roomLabel: "Room name",
    roomSubmit: "Join",
    roomNeeded: "Type a name for the room. Everybody who types the same one meets there.",
    connectionTest: "Test your connection",
    alone: "On your own?",
    secondWindow: "Open a second window",
    secondWindowHint: "(opens in a new tab)",
    missed: (name: string) => `You missed a call from ${name}.`,
    callBack: "Call back",
    dismiss: "Dismiss",
  },

  preview: {
    label: "Your picture",
    heading: "Camera and microphone",
    allow: "Allow camera and microphone",
    allowHint: "Your browser will ask for permission. Nothing is sent before you call.",
    asking: "Waiting for your answer to the browser’s question…",
    cameraOff: "Your camera is off",
    cameraOn: "Camera on",
    microphoneOn: "Microphone on",
    retry: "Try again",
  },

  devices: {
    heading: "Devices",
    automatic: "Chosen by the browser",
    videoinput: "Camera",
    audioinput: "Microphone",
    audiooutput: "Speaker",
    test: "Play a test tone",
    testing: "Playing…",
    testFailed: "This speaker does not play.",
  },

  incoming: {
    heading: (name: string) => `${name} is calling`,
    from: (name: string) => `Call from ${name}`,
    video: "Video call",
    audio: "Voice call",
    acceptVideo: "Accept with video",
    acceptAudio: "Accept with voice",
    decline: "Decline",
    endsCurrent: "Accepting ends the call you are in.",
    stopped: (name: string) => `${name} stopped calling.`,
  },

  call: {
    calling: "Calling…",
    ringing: "Ringing…",
    connecting: "Connecting…",
    joining: "Joining…",
    comingIn: "Coming in…",
    interrupted: "Your connection is interrupted. Reconnecting…",
    absent: "Connection lost",
    chat: "Chat",
    chatUnread: (count: number) => `Chat, ${count} new`,
    pictureWaits: "The picture waits for the network",
    waiting: "You are the first one here",
    waitingHint: "Share the room’s name, or",
    you: "You",
    mutedBadge: "Muted",
    mute: "Mute",
    unmute: "Unmute",
    cameraStop: "Stop camera",
    cameraStart: "Start camera",
    share: "Share screen",
    shareStop: "Stop sharing",
    screenOf: (name: string) => `Screen of ${name}`,
    hangUp: "Hang up",
    cancel: "Cancel call",
    leave: "Leave room",
    controls: "Call controls",
    people: "People in this call",
    timer: "Call time",
    room: (name: string) => `Room ${name}`,
    roomCount: (count: number) => (count === 1 ? "1 person" : `${count} people`),
    actionFailed: "That did not work. Try again.",
  },

  chat: {
    heading: "Chat",
    texts: "Texts so far",
    empty: "Nobody has written yet. Texts go to everybody here, and are not kept.",
    label: "Write to everybody",
    send: "Send",
    close: "Close the chat",
    platform: "Announcement",
    fate: { sending: "Sending…", sent: "Sent", delivered: "Delivered", lost: "Not everybody got this" },
  },

  end: {
    again: "Call again",
    back: "Call back",
    rejoin: "Join again",
    home: "Back to start",
    lasted: (duration: string) => `Lasted ${duration}`,
  },

  announce: {
    connected: (name: string) => `Connected. Others reach you as ${name}.`,
    inCall: (name: string) => `You are talking to ${name}.`,
    inRoom: (name: string) => `You are in room ${name}.`,
    joined: (name: string) => `${name} joined.`,
    left: (name: string) => `${name} left.`,
    shares: (name: string) => `${name} shares the screen.`,
    sharesNoMore: (name: string) => `${name} does not share the screen any more.`,
    absent: (name: string) => `${name} has lost the connection.`,
    present: (name: string) => `${name} is back.`,
    restored: "Your connection is back.",
    text: (name: string, words: string) => `${name} writes: ${words}`,
    theyMuted: (name: string) => `${name} is muted.`,
    theyUnmuted: (name: string) => `${name} is unmuted.`,
  },

  connection: {
    online: "Online as",
    reconnecting: "Reconnecting…",
    lost: {
      title: "You are offline",
      detail: "The connection to the server ended. Calls cannot reach you.",
    } as Message,
    reconnect: "Reconnect",
  },
} as const;

export function tokenFailure(failure: TokenFailure): Message {
  switch (failure) {
    case "DEMO_OFF":
      return {
        title: "The demo is switched off here",
        detail:
          "This server does not hand out demo names. Whoever runs it can switch the demo on with the setting RINGBACK_DEMO.",
      };
    case "NAME_REFUSED":
      return { title: "This name cannot be used", detail: "Try another one with letters and digits." };
    case "TOO_MANY":
      return { title: "Too many people at once", detail: "Wait a minute, then try again." };
    case "UNREACHABLE":
      return { title: "The server cannot be reached", detail: "Check your connection, then try again." };
    case "SERVER_ERROR":
      return { title: "The server made a mistake", detail: "Try again. If it stays, tell whoever runs this server." };
  }
}

export function mediaProblem(problem: MediaProblem): Message {
  switch (problem.problem) {
    case "DENIED":
      return {
        title: `${Device(problem)} not allowed`,
        detail: `Click the ${device(problem)} or lock symbol beside the address, allow the ${device(problem)}, then try again.`,
      };
    case "MISSING":
      return { title: `No ${device(problem)} found`, detail: `Plug in a ${device(problem)}, then try again.` };
    case "BUSY":
      return {
        title: `${Device(problem)} in use`,
        detail: `Another application holds the ${device(problem)}. Close it, then try again.`,
      };
    case "INSECURE":
      return {
        title: "This address is not secure",
        detail: "Browsers allow calls only over https or on localhost. Open this page with an https address.",
      };
    case "UNKNOWN":
      return { title: `${Device(problem)} does not start`, detail: "Restart the browser, then try again." };
  }
}

export interface End {
  /** The platform's name for it (protocol/signaling, "Codes of reason"). */
  readonly reason: string;
  readonly byMe: boolean;
  /** The other person, or the room. */
  readonly name: string;
  readonly inRoom: boolean;
}

/** Why a call is over, as one would say it. */
export function endingMessage({ reason, byMe, name, inRoom }: End): Message {
  if (inRoom && byMe) return { title: "You left the room", detail: `Room ${name} stays open for the others.` };
  if (byMe && reason === "CANCELLED") return { title: "You cancelled the call", detail: "" };
  if (byMe) return { title: "You hung up", detail: `Your call with ${name} is over.` };
  switch (reason) {
    case "NORMAL_HANGUP":
      return inRoom
        ? { title: "The room was closed", detail: `Room ${name} is over for everybody.` }
        : { title: `${name} hung up`, detail: "The call is over." };
    case "REJECTED":
      return { title: `${name} declined`, detail: "They cannot or do not want to talk now." };
    case "BUSY":
      return { title: `${name} is busy`, detail: "They are in another call. Try again later." };
    case "NO_ANSWER":
      return { title: `${name} did not answer`, detail: "It rang, but nobody picked up." };
    case "CANCELLED":
      return { title: `${name} stopped calling`, detail: "The call ended before it was answered." };
    case "ANSWERED_ELSEWHERE":
      return { title: "Answered on another device", detail: "The call goes on there." };
    case "DESTINATION_NOT_FOUND":
    case "DESTINATION_UNAVAILABLE":
    case "TEMPORARILY_UNAVAILABLE":
      return {
        title: `${name} is not here`,
        detail: "Nobody is online under this name. They have to open this page first.",
      };
    case "INVALID_DESTINATION":
      return { title: "This name cannot be called", detail: "Check how it is spelled." };
    case "MAX_DURATION_REACHED":
      return { title: "Time is up", detail: "Calls on this server have a time limit, and this one reached it." };
    case "DEVICE_FORBIDDEN":
      return {
        title: "Camera or microphone not allowed",
        detail: "Click the symbol beside the address and allow both, or turn the camera off before you call.",
      };
    case "DEVICE_NOT_FOUND":
      return {
        title: "No camera or microphone found",
        detail: "Plug one in. Without a camera, turn it off before you call.",
      };
    case "DEVICE_UNAVAILABLE":
      return {
        title: "Camera or microphone in use",
        detail: "Close the application that holds it, then call again.",
      };
    case "NETWORK_ERROR":
    case "REQUEST_TIMEOUT":
      return { title: "The connection was lost", detail: "Check your network, then try again." };
    case "SERVICE_UNAVAILABLE":
    case "CONGESTION":
      return { title: "The server is too busy", detail: "Try again in a moment." };
    default:
      return { title: "The call ended unexpectedly", detail: `The server says: ${reason}.` };
  }
}
