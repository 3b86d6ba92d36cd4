import type { Participant, ServerEvent } from "@ringback/protocol";
import { describe, expect, it } from "vitest";
import { changes } from "../src/calls/changes.js";
import { applyEvent, type Snapshot } from "../src/calls/snapshot.js";
import { KITCHEN, PORCH, participant, slot } from "./harness.js";

interface Step {
  session: string;
  direction: "to_server" | "from_server" | "lost" | "killed";
  message?: { type: string };
  calls?: Record<string, Snapshot>;
}

const conversations = Object.values(
  import.meta.glob<{ name: string; steps: Step[] }>("../../../protocol/signaling/vectors/conversations/*.json", {
    eager: true,
    import: "default",
  }),
);

describe("snapshot and events agree", () => {
  it.each(conversations)("in the conversation: $name", ({ steps }) => {
    const sessions = new Map<string, Map<string, Snapshot>>();
    for (const { session, message, calls: expected } of steps) {
      if (expected === undefined) continue;
      const event = message as ServerEvent;
      const calls = sessions.get(session) ?? new Map<string, Snapshot>();
      sessions.set(session, calls);
      if (event.type === "session.restored") {
        for (const callId of calls.keys()) if (!event.calls.includes(callId)) calls.delete(callId);
      } else {
        const after = applyEvent(calls.get(event.callId) ?? null, event);
        if (after === null) calls.delete(event.callId);
        else calls.set(event.callId, after);
      }
      expect(Object.fromEntries(calls), `after ${event.type} ${event.sequence}`).toEqual(expected);
    }
    expect(sessions.size).toBeGreaterThan(0);
  });

  it("knows nobody before the snapshot", () => {
    const left = { type: "participant.left", sequence: 1, callId: "c", participantId: KITCHEN } as const;
    expect(applyEvent(null, left)).toBeNull();
    expect(applyEvent(null, { type: "slots.changed", sequence: 1, callId: "c", slots: [], videoSlots: 4 })).toBeNull();
    expect(applyEvent(null, { type: "call.ringing", sequence: 1, callId: "c" })).toBeNull();
  });
});

describe("changes", () => {
  const before: Snapshot = {
    participants: [participant(KITCHEN, "kitchen"), participant(PORCH, "porch", { camera: true })],
    slots: [slot(0, KITCHEN), slot(1, PORCH, 5)],
    videoSlots: 4,
  };
  const kinds = (after: Snapshot) => changes(before, after).map(({ kind, participant: { id } }) => [kind, id]);
  const withKitchen = (more: Partial<Participant>): Snapshot => ({
    ...before,
    participants: before.participants.map((one) => (one.id === KITCHEN ? { ...one, ...more } : one)),
  });

  it("are none between equals", () => {
    expect(kinds({ ...before })).toEqual([]);
  });

  it("name what a participant does", () => {
    expect(kinds(withKitchen({ microphone: false }))).toEqual([["muted", KITCHEN]]);
    expect(kinds(withKitchen({ state: "JOINING" }))).toEqual([["joining", KITCHEN]]);
    expect(kinds(withKitchen({ camera: true }))).toEqual([]);
  });

  it("put the end of a video before the leaving", () => {
    const alone = { participants: before.participants.slice(0, 1), slots: before.slots, videoSlots: 4 };
    expect(kinds(alone)).toEqual([
      ["videoRemoved", PORCH],
      ["left", PORCH],
    ]);
  });

  it("tell a moved video from a new one", () => {
    const swapped = { ...before, slots: [slot(0, PORCH, 5), slot(1, KITCHEN)] };
    expect(changes(before, swapped)).toEqual([
      { kind: "videoMoved", participant: before.participants[1], source: "camera", slot: 0 },
    ]);
  });

  it("leave out slots that this side does not have", () => {
    expect(kinds({ ...before, slots: [slot(0, KITCHEN), slot(4, PORCH, 5)] })).toEqual([["videoRemoved", PORCH]]);
  });
});
