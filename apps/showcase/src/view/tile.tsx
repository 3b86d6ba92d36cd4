import type { JSX } from "preact";
import type { Tile as TileModel } from "../model/conversation";
import { text } from "../strings";
import { Avatar } from "./avatar";
import { Icon } from "./icons";
import { Picture, type Watch } from "./stream";

/** Somebody else: their picture or initials, their name, and what keeps them from being heard. */
export function Tile({ tile, watch }: { readonly tile: TileModel; readonly watch: Watch }): JSX.Element {
  return (
    <figure
      class="tile"
      aria-label={tile.name}
      data-kind="remote"
      data-talking={tile.talking && !tile.muted}
      data-absent={tile.absent}
    >
      {tile.video === null ? <Avatar name={tile.name} /> : <Picture stream={tile.video} watch={watch} />}
      {tile.absent && <p class="tile-status">{text.call.absent}</p>}
      {tile.joining && <p class="tile-status">{text.call.comingIn}</p>}
      {tile.videoWaits && !tile.absent && <p class="tile-status">{text.call.pictureWaits}</p>}
      <Caption name={tile.name} muted={tile.muted} />
    </figure>
  );
}

interface ScreenTileProps {
  readonly name: string;
  readonly screen: MediaStream;
  readonly waits: boolean;
  readonly watch: Watch;
}

/** What somebody shows: large, and whole rather than cropped. */
export function ScreenTile({ name, screen, waits, watch }: ScreenTileProps): JSX.Element {
  const label = text.call.screenOf(name);
  return (
    <figure class="tile screen" aria-label={label} data-kind="screen">
      <Picture stream={screen} watch={watch} />
      {waits && <p class="tile-status">{text.call.pictureWaits}</p>}
      <Caption name={label} muted={false} />
    </figure>
  );
}

interface OwnTileProps {
  readonly name: string;
  readonly video: MediaStream | null;
  readonly muted: boolean;
  readonly talking: boolean;
}

/** Oneself, mirrored, as in a looking glass. */
export function OwnTile({ name, video, muted, talking }: OwnTileProps): JSX.Element {
  return (
    <figure class="tile own" aria-label={text.call.you} data-kind="own" data-talking={talking && !muted}>
      {video === null ? <Avatar name={name} /> : <Picture stream={video} mirrored />}
      <Caption name={text.call.you} muted={muted} />
    </figure>
  );
}

function Caption({ name, muted }: { readonly name: string; readonly muted: boolean }): JSX.Element {
  return (
    <figcaption class="tile-caption">
      {muted && (
        <span class="tile-muted" role="img" aria-label={text.call.mutedBadge} title={text.call.mutedBadge}>
          <Icon name="microphoneOff" />
        </span>
      )}
      <bdi class="tile-name">{name}</bdi>
    </figcaption>
  );
}
