const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const DIGITS = 2;

/** `0:07`, `12:34` or `1:02:03`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, seconds);
  const two = (value: number): string => String(value).padStart(DIGITS, "0");
  const hours = Math.floor(total / SECONDS_PER_HOUR);
  const minutes = Math.floor((total % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
  const rest = two(total % SECONDS_PER_MINUTE);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
