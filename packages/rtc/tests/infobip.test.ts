import { describe, expect, it } from "vitest";
import * as infobip from "../src/infobip.js";

/** The values that the reference exports; those of its models that are types only here are left out. */
const VALUES = [
  "createInfobipRtc",
  "CallStatus",
  "PlatformOptions",
  "AudioOptions",
  "AudioQualityMode",
  "VideoOptions",
  "VideoMode",
  "CameraOrientation",
  "ApplicationCallOptions",
  "CallOptions",
  "RecordingOptions",
  "PhoneCallOptions",
  "WebrtcCallOptions",
  "ViberCallOptions",
  "RoomCallOptions",
  "DeclineOptions",
  "NetworkQuality",
  "State",
  "EndpointType",
  "WebrtcEndpoint",
  "PhoneEndpoint",
  "ViberEndpoint",
  "SipEndpoint",
  "WhatsAppEndpoint",
  "WebsocketEndpoint",
  "RoleType",
  "CallsApiEvent",
  "CallsApiEvents",
  "InfobipCallsConfiguration",
  "PhoneCallRecordingOptions",
  "WebrtcCallRecordingOptions",
  "ViberCallRecordingOptions",
  "RoomCallRecordingOptions",
  "FileFormat",
  "InfobipRTCEvent",
  "VideoType",
  "VideoRemovalReason",
  "MachineDetectionOptions",
  "ApplicationErrorCode",
];

describe("the surface by the reference's names", () => {
  it.each(VALUES)("has %s", (name) => {
    expect(infobip).toHaveProperty(name);
  });

  it("numbers its enums as the reference does", () => {
    expect(infobip.CallStatus[4]).toBe("ESTABLISHED");
    expect(infobip.NetworkQuality[1]).toBe("BAD");
    expect(infobip.NetworkQuality.EXCELLENT).toBe(5);
    expect(infobip.AudioQualityMode.HIGH_QUALITY).toBe(2);
    expect(infobip.CameraOrientation.BACK).toBe("environment");
    expect(infobip.InfobipCallsConfiguration.CONVERSATIONS).toBe("conversations");
  });

  it("has the events under their older name too", () => {
    expect(infobip.CallsApiEvents).toBe(infobip.CallsApiEvent);
  });

  it("takes what older applications say of rejoining and of filters", () => {
    const filter = { start: async () => ({}) as MediaStreamTrack, stop() {}, applyFilter() {} };
    expect(infobip.RoomCallOptions.builder().setAutoRejoin(false).build().autoReconnect).toBe(false);
    expect(new infobip.RoomCallOptions({ autoRejoin: false }).autoReconnect).toBe(false);
    expect(
      infobip.VideoOptions.builder()
        .setVideoFilterFactory(() => filter)
        .build().videoFilter,
    ).toBe(filter);
  });

  it("builds options with everything that can be said", () => {
    const audioOptions = infobip.AudioOptions.builder()
      .setAudioQualityMode(infobip.AudioQualityMode.LOW_DATA)
      .setDetectTalkingWhileMuted(true)
      .build();
    const phone = infobip.PhoneCallOptions.builder()
      .setAudio(false)
      .setAudioOptions(audioOptions)
      .setAutoReconnect(false)
      .setCustomData({ order: "17" })
      .setFrom("41793026727")
      .setMachineDetectionOptions(new infobip.MachineDetectionOptions(true, 5))
      .setRecordingOptions(new infobip.PhoneCallRecordingOptions("AUDIO"))
      .build();
    expect(phone).toBeInstanceOf(infobip.PhoneCallOptions);
    expect(phone).toEqual({
      audio: false,
      audioOptions: { audioQualityMode: 1, detectTalkingWhileMuted: true },
      autoReconnect: false,
      customData: { order: "17" },
      from: "41793026727",
      machineDetectionOptions: { enabled: true, detectionTime: 5 },
      recordingOptions: { type: "AUDIO" },
    });
    const application = infobip.ApplicationCallOptions.builder()
      .setVideo(true)
      .setDataChannel(true)
      .setPlatformOptions(new infobip.PlatformOptions("shop", "berlin"))
      .setVideoOptions(infobip.VideoOptions.builder().setCameraOrientation(infobip.CameraOrientation.BACK).build())
      .build();
    expect(application).toMatchObject({
      video: true,
      dataChannel: true,
      platformOptions: { applicationId: "shop", entityId: "berlin" },
      videoOptions: { cameraOrientation: "environment", videoMode: "GRID" },
    });
  });
});
