/** Where the media of a call stands. */
export const Connectivity = {
  /** It never flowed yet. */
  NEW: "NEW",
  /** It flows. */
  CONNECTED: "CONNECTED",
  /** Nothing arrives any more; a new path is looked for, for the same connection. */
  RESTARTING: "RESTARTING",
  /** The platform's side of the connection was gone; there is another one, through which nothing has come yet. */
  REBUILDING: "REBUILDING",
  /** The platform has given the call up; it is asked for a new one. */
  REJOINING: "REJOINING",
  /** The platform has made a new one, with another connection, and has not said yet who is in it. */
  REENTERING: "REENTERING",
  ENDED: "ENDED",
} as const;
export type Connectivity = (typeof Connectivity)[keyof typeof Connectivity];

/** What happens to the media of a call. */
export type ConnectivityEvent =
  /** Packets arrive over a connection that says that it is connected. Said again and again while it is so. */
  | "flows"
  /** Nothing arrives any more, or the browser says that the path is lost. */
  | "pathLost"
  /** The device may be in another network; what flows may stop soon. */
  | "networkChanged"
  /** The platform's side of the connection is gone, and the platform waits for the next one. */
  | "mediaLost"
  /** The platform has given up the call or its session. Only said of calls that can begin again. */
  | "givenUp"
  /** The platform has made the call anew. */
  | "rejoined"
  /** The platform has said who is in the conversation. */
  | "entered"
  | "ended";

/** What is to be done then. */
export type ConnectivityCommand =
  /** Find out whether the platform can be reached at all. */
  | "probe"
  /** Offer again with new ICE credentials. */
  | "restart"
  /** Make another connection, with the devices that are open. */
  | "rebuild"
  /** Ask the platform for the call again. */
  | "rejoin"
  | "tellReconnecting"
  | "tellReconnected";

/** A legal step. */
export interface ConnectivityStep {
  readonly to: Connectivity;
  readonly commands: readonly ConnectivityCommand[];
}

type Steps = Readonly<Partial<Record<ConnectivityEvent, ConnectivityStep>>>;

const { NEW, CONNECTED, RESTARTING, REBUILDING, REJOINING, REENTERING, ENDED } = Connectivity;

const step = (to: Connectivity, ...commands: ConnectivityCommand[]): ConnectivityStep => ({ to, commands });

/**
 * The legal steps. What is not named here is late, and changes nothing. Between CONNECTED and the others "reconnecting"
 * and "reconnected" are told, each once, however many ways were tried in between.
 */
export const CONNECTIVITY_STEPS: Readonly<Record<Connectivity, Steps>> = {
  NEW: {
    flows: step(CONNECTED),
    pathLost: step(NEW, "probe", "restart"),
    networkChanged: step(NEW, "restart"),
    mediaLost: step(NEW, "rebuild"),
    ended: step(ENDED),
  },
  CONNECTED: {
    pathLost: step(RESTARTING, "tellReconnecting", "probe", "restart"),
    networkChanged: step(CONNECTED, "restart"),
    mediaLost: step(REBUILDING, "tellReconnecting", "rebuild"),
    givenUp: step(REJOINING, "tellReconnecting", "rejoin"),
    ended: step(ENDED),
  },
  RESTARTING: {
    flows: step(CONNECTED, "tellReconnected"),
    pathLost: step(RESTARTING, "probe", "restart"),
    networkChanged: step(RESTARTING, "restart"),
    mediaLost: step(REBUILDING, "rebuild"),
    givenUp: step(REJOINING, "rejoin"),
    ended: step(ENDED),
  },
  REBUILDING: {
    flows: step(CONNECTED, "tellReconnected"),
    pathLost: step(REBUILDING, "probe", "restart"),
    networkChanged: step(REBUILDING, "restart"),
    mediaLost: step(REBUILDING, "rebuild"),
    givenUp: step(REJOINING, "rejoin"),
    ended: step(ENDED),
  },
  // The connection of the call that is gone may go on for a moment: what is said of it is of no interest.
  REJOINING: { rejoined: step(REENTERING, "rebuild"), ended: step(ENDED) },
  REENTERING: {
    entered: step(REBUILDING),
    pathLost: step(REENTERING, "probe", "restart"),
    networkChanged: step(REENTERING, "restart"),
    mediaLost: step(REENTERING, "rebuild"),
    givenUp: step(REJOINING, "rejoin"),
    ended: step(ENDED),
  },
  ENDED: {},
};
