/**
 * The SDK by the names of Infobip's: change the import, and say where the platform is.
 *
 * @packageDocumentation
 */

export * from "./index.js";
