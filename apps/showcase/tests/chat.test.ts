import { describe, expect, it } from "vitest";
import type { Chat } from "../src/model/chat";
import { annaAt, type FakeLine, participant, SOUND } from "./fakes";

const NOON = new Date("2026-11-22T12:00:00Z");

async function annaInTheTeaRoom(): Promise<{ line: FakeLine; chat: Chat; announced: () => string }> {
  const { showcase, rtc } = await annaAt();
  showcase.start({ kind: "room", name: "tea" });
  const [line] = rtc.lines;
  const chat = showcase.conversation.value?.chat.value;
  if (line === undefined || !chat) throw new Error("there is no chat");
  line.tell("room-joined", { participants: [participant("1", "boris")], stream: SOUND });
  return { line, chat, announced: () => showcase.announcement.value };
}

const from = { identifier: "boris", displayIdentifier: "Boris" };

describe("the chat", () => {
  it("shows who wrote what, says it aloud, and counts what was not seen", async () => {
    const { line, chat, announced } = await annaInTheTeaRoom();
    line.channel.tell("text-received", { text: "Milk?", from, isDirect: false, date: NOON });
    line.channel.tell("broadcast-text-received", { text: "The room closes at one.", date: NOON });

    expect(chat.texts.value).toMatchObject([
      { words: "Milk?", from: "Boris", at: NOON, fate: null },
      { words: "The room closes at one.", from: "" },
    ]);
    expect(announced()).toBe("Announcement writes: The room closes at one.");
    expect(chat.unread.value).toBe(2);

    chat.toggle();
    line.channel.tell("text-received", { text: "Sugar?", from, isDirect: false, date: NOON });
    expect(chat.unread.value).toBe(0);
  });

  it("says of one's own texts what became of them", async () => {
    const { line, chat } = await annaInTheTeaRoom();
    const fates = () => chat.texts.value.map(({ fate }) => fate);
    const sent = [chat.send("Yes", NOON), chat.send("Please", NOON)];
    expect(fates()).toEqual(["sending", "sending"]);
    await Promise.all(sent);
    expect(fates()).toEqual(["sent", "sent"]);

    line.channel.tell("text-delivered", { id: "text 2", delivered: false, date: NOON });
    line.channel.tell("text-delivered", { id: "text 1", delivered: true, date: NOON });
    expect(fates()).toEqual(["delivered", "lost"]);
    expect(line.channel.sent).toEqual(["Yes", "Please"]);
  });

  it("says when a text could not be sent", async () => {
    const { line, chat } = await annaInTheTeaRoom();
    line.channel.refuses = true;
    await chat.send("Yes", NOON);
    expect(chat.texts.value).toMatchObject([{ words: "Yes", from: null, fate: "lost" }]);
  });
});
