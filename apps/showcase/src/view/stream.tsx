import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** `srcObject` is a property, not an attribute: it has to be set on the element. */
function useStream<E extends HTMLMediaElement>(stream: MediaStream) {
  const element = useRef<E>(null);
  useLayoutEffect(() => {
    const media = element.current;
    if (media !== null && media.srcObject !== stream) media.srcObject = stream;
  }, [stream]);
  return element;
}

interface PictureProps {
  readonly stream: MediaStream;
  readonly mirrored?: boolean;
  /** Is told the element that shows it, until it is shown no more. */
  readonly watch?: Watch;
}

/** Watches how large an element shows a stream, until the function that it gives back is called. */
export type Watch = (stream: MediaStream, element: Element) => () => void;

/** Pictures only: everything that is heard comes from the conversation's one <audio>. */
export function Picture({ stream, mirrored = false, watch }: PictureProps): JSX.Element {
  const element = useStream<HTMLVideoElement>(stream);
  useLayoutEffect(() => {
    if (element.current !== null) return watch?.(stream, element.current);
  }, [element, stream, watch]);
  return <video ref={element} class={mirrored ? "picture mirrored" : "picture"} autoplay playsInline muted />;
}

interface SoundProps {
  readonly stream: MediaStream;
  /** The `deviceId` of the loudspeaker; empty for the browser's own choice. */
  readonly speaker: string;
}

export function Sound({ stream, speaker }: SoundProps): JSX.Element {
  const element = useStream<HTMLAudioElement>(stream);
  useLayoutEffect(() => {
    // A loudspeaker that was unplugged leaves the sound where it is.
    if (speaker !== element.current?.sinkId) void element.current?.setSinkId?.(speaker).catch(() => {});
  }, [element, speaker]);
  // biome-ignore lint/a11y/useMediaCaption: live speech between people has no caption file
  return <audio ref={element} autoplay />;
}
