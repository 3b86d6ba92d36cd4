// Code of applications that were written for the reference, as its documents and its samples write it: only the import and
// the second argument of createInfobipRtc differ. It is compiled, not run.
import {
  type ApplicationCall,
  ApplicationCallOptions,
  ApplicationErrorCode,
  AudioOptions,
  AudioQualityMode,
  CallStatus,
  CallsApiEvent,
  CallsApiEvents,
  CameraOrientation,
  createInfobipRtc,
  DataChannelEvent,
  DeclineOptions,
  EndpointType,
  type IncomingApplicationCallEvent,
  type IncomingWebrtcCall,
  type IncomingWebrtcCallEvent,
  InfobipCallsConfiguration,
  type InfobipRTC,
  InfobipRTCEvent,
  MachineDetectionOptions,
  NetworkQuality,
  type Participant,
  type PhoneCall,
  PhoneCallOptions,
  PhoneCallRecordingOptions,
  PlatformOptions,
  RecordingType,
  type RoomCall,
  RoomCallOptions,
  RoomCallRecordingOptions,
  type RTCVideoFrame,
  State,
  type ViberCall,
  ViberCallOptions,
  ViberCallRecordingOptions,
  type VideoFilter,
  VideoMode,
  VideoOptions,
  VideoRemovalReason,
  VideoType,
  type WebrtcCall,
  WebrtcCallOptions,
  WebrtcCallRecordingOptions,
} from "../src/infobip.js";

declare const audio: HTMLAudioElement;
declare const video: HTMLVideoElement;
declare function show(...what: unknown[]): void;

export function client(token: string): InfobipRTC {
  const rtc = createInfobipRtc(token, { url: "https://calls.example.com", debug: true });
  rtc.on(InfobipRTCEvent.CONNECTED, (event) => show(event.identity));
  rtc.on(InfobipRTCEvent.DISCONNECTED, (event) => show(event.reason));
  rtc.on(InfobipRTCEvent.RECONNECTING, () => show("reconnecting"));
  rtc.on("reconnected", () => show("reconnected"));
  rtc.on(InfobipRTCEvent.INCOMING_WEBRTC_CALL, (event: IncomingWebrtcCallEvent) => answer(event.incomingCall));
  rtc.on(InfobipRTCEvent.INCOMING_APPLICATION_CALL, ({ incomingCall, customData }: IncomingApplicationCallEvent) => {
    show(incomingCall.from(), incomingCall.fromDisplayName(), customData);
    incomingCall.accept(ApplicationCallOptions.builder().setVideo(true).build());
    incomingCall.decline(new DeclineOptions(true));
  });
  rtc.connect();
  show(rtc.connectedUser()?.identity, rtc.connectedUser()?.displayName);
  rtc.getAudioInputDevices().then((devices) => rtc.setAudioInputDevice(devices[0]?.deviceId ?? ""));
  rtc.getVideoInputDevices().then(([first]) => first && rtc.setVideoInputDevice(first.deviceId));
  rtc.getAudioOutputDevices().then((devices) => devices.map(({ label }) => show(label)));
  rtc.unsetAudioInputDevice("default");
  rtc.unsetVideoInputDevice("default");
  rtc.disconnect();
  return rtc;
}

function answer(call: IncomingWebrtcCall): void {
  show(call.options.video, call.options().video, call.counterpart().identifier, call.source().displayIdentifier);
  call.accept();
  call.accept(WebrtcCallOptions.builder().setAutoReconnect(true).build());
  call.decline();
  call.decline(DeclineOptions.builder().setDeclineOnAllDevices(true).build());
}

export function webrtc(rtc: InfobipRTC): WebrtcCall {
  const videoOptions = VideoOptions.builder()
    .setCameraOrientation(CameraOrientation.FRONT)
    .setVideoMode(VideoMode.PRESENTATION)
    .setCameraVideoFrameRate(30)
    .setScreenShareFrameRate(15)
    .setDeviceId("camera-1")
    .setVideoFilter(filter)
    .setVideoFilterFactory(() => filter)
    .build();
  const options = WebrtcCallOptions.builder()
    .setAudio(true)
    .setAudioOptions(AudioOptions.builder().setAudioQualityMode(AudioQualityMode.AUTO).build())
    .setVideo(true)
    .setVideoOptions(videoOptions)
    .setRecordingOptions(new WebrtcCallRecordingOptions(RecordingType.AUDIO_AND_VIDEO))
    .setCustomData({ city: "Zagreb" })
    .setDataChannel(true)
    .setAutoReconnect(true)
    .build();
  const call = rtc.callWebrtc("alice", options);
  rtc.callWebrtc("alice");
  rtc.callWebrtc("alice", { video: true });

  call.on(CallsApiEvent.RINGING, () => show(call.id()));
  call.on(CallsApiEvents.EARLY_MEDIA, (event) => {
    audio.srcObject = event.stream;
  });
  call.on(CallsApiEvent.ESTABLISHED, (event) => {
    audio.srcObject = event.stream;
  });
  call.on("established", (event) => show(event.stream));
  call.on(CallsApiEvent.HANGUP, ({ errorCode, totalMediaStats }) => {
    show(errorCode.id, errorCode.name, errorCode.description, totalMediaStats.totalAudioStats?.packetsLost);
    if (errorCode.name === ApplicationErrorCode.NO_ANSWER) show("nobody");
  });
  call.on(CallsApiEvent.ERROR, (event) => show(event.errorCode.name));
  call.on(CallsApiEvent.CAMERA_VIDEO_ADDED, ({ stream }) => {
    video.srcObject = stream;
  });
  call.on(CallsApiEvent.CAMERA_VIDEO_UPDATED, ({ stream }) => {
    video.srcObject = stream;
  });
  call.on(CallsApiEvent.CAMERA_VIDEO_REMOVED, ({ reason }) => show(reason === VideoRemovalReason.USER_REQUEST));
  call.on(CallsApiEvent.SCREEN_SHARE_ADDED, ({ stream }) => show(stream));
  call.on(CallsApiEvent.SCREEN_SHARE_REMOVED, ({ reason }) => show(reason));
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_ADDED, ({ stream }) => show(stream));
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_REMOVED, () => show());
  call.on(CallsApiEvent.REMOTE_SCREEN_SHARE_ADDED, ({ stream }) => show(stream));
  call.on(CallsApiEvent.REMOTE_SCREEN_SHARE_REMOVED, () => show());
  call.on(CallsApiEvent.REMOTE_MUTED, () => show());
  call.on(CallsApiEvent.REMOTE_UNMUTED, () => show());
  call.on(CallsApiEvent.REMOTE_DISCONNECTED, () => show());
  call.on(CallsApiEvent.REMOTE_RECONNECTED, () => show());
  call.on(CallsApiEvent.REMOTE_NETWORK_QUALITY_CHANGED, (event) => show(event.networkQuality === NetworkQuality.BAD));
  call.on(CallsApiEvent.NETWORK_QUALITY_CHANGED, (event) =>
    show(NetworkQuality[event.networkQuality], event.currentMediaStats.mos, event.currentMediaStats.currentAudioStats),
  );
  call.on(CallsApiEvent.RECONNECTING, () => show());
  call.on(CallsApiEvent.RECONNECTED, () => show());
  call.on(CallsApiEvent.TALKING_WHILE_MUTED, () => show());
  call.on(CallsApiEvent.CALL_RECORDING_STARTED, ({ recordingType }) => show(recordingType === RecordingType.AUDIO));

  show(
    call.status() === CallStatus.ESTABLISHED,
    call.duration(),
    call.startTime(),
    call.establishTime(),
    call.endTime(),
  );
  show(call.source(), call.destination(), call.counterpart().type === EndpointType.WEBRTC, call.customData().city);
  call.mute(true).then(() => show(call.muted()));
  call.setAudioInputDevice("microphone-1").catch((error) => show(error));
  call.cameraVideo(true).then(() => show(call.hasCameraVideo()));
  call.screenShare(true).then(() => show(call.hasScreenShare()));
  call.startScreenShare({ allowedDisplayOptions: ["browser", "window"] });
  call.stopScreenShare();
  call.setVideoInputDevice("camera-2");
  call.setVideoFilter(filter).then(() => show(call.videoFilter()));
  call.clearVideoFilter();
  call.setAudioFilter({ start: async (track: MediaStreamTrack) => track, stop() {} });
  call.clearAudioFilter();
  show(call.audioFilter(), call.hasRemoteCameraVideo(), call.hasRemoteScreenShare());
  call
    .localCapturer()
    .takeLocalScreenshot(VideoType.CAMERA)
    .then((picture: string) => show(picture));
  call
    .serverCapturer()
    .takeRemoteScreenshot(VideoType.SCREENSHARE)
    .then((file) => show(file.id, file.fileFormat));
  call.hangup();
  return call;
}

const filter: VideoFilter = {
  async start(width, height, sourceFps, manager) {
    show(width, height, sourceFps, manager.getCurrentFramerate());
    return new MediaStreamTrack();
  },
  stop() {},
  applyFilter(frame: RTCVideoFrame) {
    show(frame);
  },
};

export function phone(rtc: InfobipRTC): PhoneCall {
  const options = PhoneCallOptions.builder()
    .setFrom("33712345678")
    .setRecordingOptions(new PhoneCallRecordingOptions(RecordingType.AUDIO))
    .setMachineDetectionOptions(new MachineDetectionOptions(true, 5))
    .setAutoReconnect(true)
    .build();
  const call = rtc.callPhone("41793026727", options);
  call.on(CallsApiEvent.MACHINE_DETECTION_FINISHED, ({ detectionResult, confidenceRating }) =>
    show(detectionResult, confidenceRating.HUMAN),
  );
  call.on(CallsApiEvent.MACHINE_DETECTION_FAILED, ({ reason }) => show(reason));
  call.on(CallsApiEvent.ESTABLISHED, ({ stream }) => show(stream));
  call.on(CallsApiEvent.HANGUP, ({ errorCode }) => show(errorCode.name));
  call.hangup();
  return call;
}

export function viber(rtc: InfobipRTC): ViberCall {
  const recording = new ViberCallRecordingOptions(RecordingType.AUDIO);
  return rtc.callViber("41793026727", "41793026731", ViberCallOptions.builder().setRecordingOptions(recording).build());
}

export function application(rtc: InfobipRTC): ApplicationCall {
  const options = ApplicationCallOptions.builder()
    .setPlatformOptions(new PlatformOptions("application", "entity"))
    .setVideo(true)
    .setDataChannel(true)
    .setAutoReconnect(true)
    .build();
  const call = rtc.callApplication(InfobipCallsConfiguration.CONVERSATIONS, options);
  const participant = (event: { participant: Participant }) => {
    const { state, media, endpoint, disconnected, callId, role } = event.participant;
    show(state === State.JOINED, media.audio.muted, media.audio.deaf, media.audio.talking, media.video.blind);
    show(endpoint.identifier, disconnected, callId, role?.type);
  };
  call.on(CallsApiEvent.CONFERENCE_JOINED, ({ id, name, participants, recordingType }) =>
    show(id, name, participants.length, recordingType),
  );
  call.on(CallsApiEvent.CONFERENCE_LEFT, ({ errorCode }) => show(errorCode.name));
  call.on(CallsApiEvent.DIALOG_JOINED, ({ id, remote, recordingType }) => show(id, remote.endpoint, recordingType));
  call.on(CallsApiEvent.DIALOG_LEFT, ({ errorCode }) => show(errorCode.name));
  for (const name of [
    CallsApiEvent.PARTICIPANT_JOINING,
    CallsApiEvent.PARTICIPANT_JOINED,
    CallsApiEvent.PARTICIPANT_LEFT,
    CallsApiEvent.PARTICIPANT_MUTED,
    CallsApiEvent.PARTICIPANT_UNMUTED,
    CallsApiEvent.PARTICIPANT_DEAF,
    CallsApiEvent.PARTICIPANT_UNDEAF,
    CallsApiEvent.PARTICIPANT_BLINDED,
    CallsApiEvent.PARTICIPANT_UNBLINDED,
    CallsApiEvent.PARTICIPANT_STARTED_TALKING,
    CallsApiEvent.PARTICIPANT_STOPPED_TALKING,
    CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_REMOVED,
    CallsApiEvent.PARTICIPANT_SCREEN_SHARE_REMOVED,
    CallsApiEvent.PARTICIPANT_DISCONNECTED,
    CallsApiEvent.PARTICIPANT_RECONNECTED,
    CallsApiEvent.PARTICIPANT_ROLE_CHANGED,
  ] as const) {
    call.on(name, participant);
  }
  call.on(CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_ADDED, ({ participant: who, stream }) => show(who, stream));
  call.on(CallsApiEvent.PARTICIPANT_SCREEN_SHARE_ADDED, ({ participant: who, stream }) => show(who, stream));
  call.on(CallsApiEvent.PARTICIPANT_NETWORK_QUALITY_CHANGED, (event) => show(event.participant, event.networkQuality));
  call.on(CallsApiEvent.STARTED_TALKING, () => show());
  call.on(CallsApiEvent.STOPPED_TALKING, () => show());
  call.on(CallsApiEvent.CALL_RECORDING_STOPPED, () => show());
  call.on(CallsApiEvent.DIALOG_RECORDING_STARTED, ({ recordingType }) => show(recordingType));
  call.on(CallsApiEvent.DIALOG_RECORDING_STOPPED, () => show());
  call.on(CallsApiEvent.CONFERENCE_RECORDING_STARTED, ({ recordingType }) => show(recordingType));
  call.on(CallsApiEvent.CONFERENCE_RECORDING_STOPPED, () => show());
  call.on(CallsApiEvent.MESSAGE_RECEIVED, ({ message }) => show(message));
  call.on(CallsApiEvent.ROLE_CHANGED, ({ role }) => show(role.type, role.advise));
  call.setReconnectHandler(() => ApplicationCallOptions.builder().setVideo(true).build());
  show(call.callsConfigurationId(), call.recordingState().callRecording, call.participants());
  call.localCapturer().takeScreenshot("alice", VideoType.CAMERA);
  call.serverCapturer().takeScreenshot("alice", VideoType.CAMERA);
  call.hangup();
  return call;
}

export function room(rtc: InfobipRTC): RoomCall {
  const recording = new RoomCallRecordingOptions(RecordingType.AUDIO);
  const call = rtc.joinRoom(
    "daily",
    RoomCallOptions.builder().setAutoRejoin(true).setDataChannel(true).setRecordingOptions(recording).build(),
  );
  call.on(CallsApiEvent.ROOM_JOINED, ({ id, name, participants, stream, recordingType }) => {
    audio.srcObject = stream;
    show(id, name, participants, recordingType);
  });
  call.on(CallsApiEvent.ROOM_REJOINING, () => show());
  call.on(CallsApiEvent.ROOM_REJOINED, ({ participants, stream }) => show(participants, stream));
  call.on(CallsApiEvent.ROOM_LEFT, ({ errorCode, totalMediaStats }) => show(errorCode.name, totalMediaStats));
  call.on(CallsApiEvent.ROOM_RECORDING_STARTED, ({ recordingType }) => show(recordingType));
  call.on(CallsApiEvent.NETWORK_QUALITY_CHANGED, ({ networkQuality }) => show(networkQuality));
  const channel = call.dataChannel();
  channel?.on(DataChannelEvent.TEXT_RECEIVED_EVENT, ({ text, from, isDirect, date }) => {
    show(text, isDirect, date);
    channel.send("thanks", from).then((id) => show(id));
  });
  channel?.on(DataChannelEvent.TEXT_DELIVERED_EVENT, ({ id, date, delivered }) => show(id, date, delivered));
  channel?.on("broadcast-text-received", ({ text, date }) => show(text, date));
  show(call.name(), call.joinTime(), call.leaveTime(), call.duration(), call.status(), call.options().customData);
  call.leave();
  return call;
}
