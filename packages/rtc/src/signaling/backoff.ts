/** Short enough that a restarted platform is back at once, in milliseconds. */
const FIRST_DELAY = 250;
/** Long enough that thousands of clients do not keep a struggling platform down, in milliseconds. */
const LONGEST_DELAY = 10_000;
/**
 * The same while there is a session to resume, in milliseconds: short enough that a restarted platform has its clients
 * back within two seconds. To resume costs it little, and no client tries for longer than sessions are kept.
 */
const LONGEST_DELAY_TO_RESUME = 1_500;

/**
 * How long to wait before the next attempt, in milliseconds: it doubles with each attempt, and half of it is random, so
 * that clients that lost their connections together do not come back together.
 *
 * @param attempt - how many attempts have failed in a row, from 1
 * @param random - a number from 0 up to 1
 * @param resuming - whether there is a session to resume
 */
export function reconnectDelay(attempt: number, random: number, resuming: boolean): number {
  const delay = Math.min(FIRST_DELAY * 2 ** (attempt - 1), resuming ? LONGEST_DELAY_TO_RESUME : LONGEST_DELAY);
  return delay / 2 + (random * delay) / 2;
}
