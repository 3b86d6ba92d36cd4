export type * from "./generated.js";
export { parseServerMessage, resultFits, type ServerEvent, type UnfitMessage } from "./server-messages.js";
