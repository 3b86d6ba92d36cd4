export type * from "./generated.js";
export {
  type CallEvent,
  parseServerMessage,
  resultFits,
  type ServerEvent,
  type UnfitMessage,
} from "./server-messages.js";
