/** Who began to speak and who stopped, between two lists of speakers. */
export function speakerChanges(
  before: readonly string[],
  after: readonly string[],
): { readonly started: readonly string[]; readonly stopped: readonly string[] } {
  return {
    started: after.filter((id) => !before.includes(id)),
    stopped: before.filter((id) => !after.includes(id)),
  };
}
