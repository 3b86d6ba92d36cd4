/** What `?name=…&room=…` or `?name=…&call=…` fills in. */
export interface DeepLink {
  readonly name: string;
  readonly call: string;
  readonly room: string;
}

export function readDeepLink(search: string): DeepLink {
  const given = new URLSearchParams(search);
  return { name: given.get("name") ?? "", call: given.get("call") ?? "", room: given.get("room") ?? "" };
}

/** A link to this page for a second person, who is to call somebody or to join a room. */
export function secondWindowLink(name: string, destination: { call: string } | { room: string }): string {
  return `?${new URLSearchParams({ name: secondName(name), ...destination }).toString()}`;
}

function secondName(name: string): string {
  const numbered = /^(?<base>.*\D)(?<number>\d+)$/u.exec(name);
  if (!numbered?.groups) return `${name} 2`;
  return `${numbered.groups.base}${Number(numbered.groups.number) + 1}`;
}
