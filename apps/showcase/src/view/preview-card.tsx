import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Showcase } from "../model/showcase";
import { mediaProblem, text } from "../strings";
import { Avatar } from "./avatar";
import { DevicePicker } from "./device-picker";
import { Icon } from "./icons";
import { watchLevel } from "./level";
import { Notice } from "./notice";
import { Picture } from "./stream";

export function PreviewCard({ model, name }: { readonly model: Showcase; readonly name: string }): JSX.Element {
  const { preview } = model;
  const stream = preview.stream.value;
  const state = preview.state.value;
  const problems = preview.problems.value;
  const camera = preview.cameraWanted.value;
  const microphone = preview.microphoneWanted.value;
  const picture = stream !== null && stream.getVideoTracks().length > 0 ? stream : null;
  // One address serves both devices: saying it twice would not help.
  const shown = problems.some(({ problem }) => problem === "INSECURE") ? problems.slice(0, 1) : problems;

  return (
    <section class="preview" aria-label={text.preview.heading}>
      <div class="preview-picture">
        {picture === null ? <Avatar name={name} /> : <Picture stream={picture} mirrored />}
        {state === "on" && picture === null && <p class="preview-note">{text.preview.cameraOff}</p>}
        {state === "asking" && <p class="preview-note">{text.preview.asking}</p>}
        <div class="preview-controls">
          <button
            class={microphone ? "round" : "round off"}
            type="button"
            aria-pressed={microphone}
            aria-label={text.preview.microphoneOn}
            onClick={() => preview.wantMicrophone(!microphone)}
          >
            <Icon name={microphone ? "microphone" : "microphoneOff"} />
          </button>
          <button
            class={camera ? "round" : "round off"}
            type="button"
            aria-pressed={camera}
            aria-label={text.preview.cameraOn}
            onClick={() => void preview.wantCamera(!camera)}
          >
            <Icon name={camera ? "camera" : "cameraOff"} />
          </button>
        </div>
      </div>
      {stream !== null && <Level stream={stream} muted={!microphone} />}
      <DevicePicker model={model} />
      {state === "idle" && problems.length === 0 && (
        <div class="preview-ask">
          <button class="button" type="button" onClick={() => void preview.start()}>
            {text.preview.allow}
          </button>
          <p class="hint">{text.preview.allowHint}</p>
        </div>
      )}
      {shown.map((problem) => (
        <Notice key={problem.device} message={mediaProblem(problem)}>
          {problem.problem !== "INSECURE" && (
            <button class="button small" type="button" onClick={() => void preview.start()}>
              {text.preview.retry}
            </button>
          )}
        </Notice>
      ))}
    </section>
  );
}

function Level({ stream, muted }: { readonly stream: MediaStream; readonly muted: boolean }): JSX.Element {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => watchLevel(stream, (level) => bar.current?.style.setProperty("--level", level.toFixed(2))), [stream]);
  return (
    <div class="level" aria-hidden="true">
      <Icon name={muted ? "microphoneOff" : "microphone"} />
      <div class="level-track">
        <div class="level-bar" ref={bar} />
      </div>
    </div>
  );
}
