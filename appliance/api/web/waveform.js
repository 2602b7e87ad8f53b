// The waveform in the player: what was played is marked, and a press goes to that place. By keys the player itself does so.

import { $ } from "./base/dom.js";
import { fault, read } from "./base/session.js";
import { clock, t } from "./base/texts.js";

const LOUDEST = 128; // of the values
const LONGEST_MS = 120_000; // until the station has made the waveform of a long recording
const SILENT = 1; // a value up to this is silence

let newest = 0; // number of the latest question: answers to earlier ones are dropped

/** Show the waveform of a recording. Without it, the recording plays all the same. */
export async function showWaveform({ id, duration_s }) {
  const mine = ++newest;
  draw([], t("recording.waveform_waits"));
  try {
    const { data } = await read(`/v1/recordings/${encodeURIComponent(id)}/peaks`, {}, LONGEST_MS);
    if (mine === newest) draw(data, described(data, duration_s));
  } catch (error) {
    if (mine !== newest) return;
    $("waveform").hidden = true;
    $("waveform-why").textContent = `${t("recording.no_waveform")} ${fault(error).join(" ")}`;
  }
}

/** Draw pairs of the lowest and the highest value, each as a bar. */
function draw(data, label) {
  const bars = Array.from({ length: data.length / 2 }, (_, place) => {
    const [low, high] = data.slice(2 * place, 2 * place + 2);
    return `M${place} ${-high - 1}h1V${1 - low}h-1z`; // silence is a line
  });
  $("waveform-bars").setAttribute("d", bars.join(""));
  $("waveform-drawing").setAttribute("viewBox", `0 ${-LOUDEST - 1} ${Math.max(1, bars.length)} ${2 * LOUDEST + 2}`);
  $("waveform").setAttribute("aria-label", label);
  $("waveform").hidden = false;
  $("waveform-why").textContent = "";
}

/** What the drawing shows, for those who do not see it. */
function described(data, seconds) {
  const loudness = data.map(Math.abs);
  const loudest = Math.max(...loudness);
  if (loudest <= SILENT) return t("recording.waveform_silent");
  return t("recording.waveform", { time: clock(seconds * loudness.indexOf(loudest) / data.length) });
}

$("audio").ontimeupdate = () => {
  const { currentTime, duration } = $("audio");
  $("waveform-played").setAttribute("width", duration > 0 ? `${100 * currentTime / duration}%` : "0");
};

$("waveform").onclick = ({ clientX }) => {
  const { left, width } = $("waveform").getBoundingClientRect();
  if ($("audio").duration > 0) $("audio").currentTime = $("audio").duration * (clientX - left) / width;
};
