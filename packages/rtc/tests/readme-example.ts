import { CallsApiEvent, createRingbackRtc, RtcEvent, WebrtcCallOptions } from "@ringback/rtc";

export async function callTheKitchen(token: string, sound: HTMLAudioElement, picture: HTMLVideoElement) {
  const rtc = createRingbackRtc(token, { url: "https://calls.example.com" });

  rtc.on(RtcEvent.INCOMING_WEBRTC_CALL, ({ incomingCall }) => incomingCall.accept({ video: true }));
  await rtc.connect();

  const call = rtc.callWebrtc("kitchen", WebrtcCallOptions.builder().setAudio(true).setVideo(true).build());
  call.on(CallsApiEvent.ESTABLISHED, ({ stream }) => {
    sound.srcObject = stream;
  });
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_ADDED, ({ stream }) => {
    picture.srcObject = stream;
  });
  call.on(CallsApiEvent.HANGUP, ({ errorCode }) => console.log(`Over: ${errorCode.name}`));
  return call;
}
