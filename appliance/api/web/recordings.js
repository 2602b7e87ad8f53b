// The newest recording, with a player.

import { $ } from "/dom.js";
import { fetched, read } from "/session.js";
import { clock, day, t } from "/texts.js";

let recording = null;

export async function showRecording() {
  const newest = (await read("/v1/recordings?limit=5")).recordings.find(({ complete }) => complete);
  if (!newest || newest.id === recording) return;
  const sound = await (await fetched(newest.url)).blob();
  recording = newest.id;
  URL.revokeObjectURL($("audio").src);
  Object.assign($("audio"), { src: URL.createObjectURL(sound), hidden: false });
  const facts = [newest.remote || t("recording.unknown"), day(newest.started), clock(newest.duration_s)];
  $("recording-text").textContent = [...facts, ...(newest.recovered ? [t("recording.recovered")] : [])].join(" · ");
  $("recording-text").classList.remove("empty");
}
