// Rings for those who look elsewhere: the title and the icon say so, and while the tab is hidden a sound and a notification.
// Nothing of it where this device is not to be disturbed.

import { $, check, redrawAll } from "./base/dom.js";
import { t } from "./base/texts.js";

const KEPT = "intercomd.rings"; // in this browser: "off" if it is not to be disturbed
const NOTES_HZ = [660, 550];
const NOTE_S = 0.35;
const PAUSE_S = 2;
const LONGEST_S = 120; // planned at once, since the timers of a hidden tab are slowed down
const LOUDNESS = 0.25;

let ringing = []; // pairs of id and text
let station = "";
let context = null; // Web Audio's; browsers let it sound once the page was touched
let sounding = null;
let shown = null; // the notification
let left = false; // for another page: this one is hidden then, too, and nobody waits for it

/** Whether this device stays silent at a ring; the station and all other devices still ring. */
export const isHushed = () => localStorage.getItem(KEPT) === "off";

export function hush(is) {
  localStorage.setItem(KEPT, is ? "off" : "on");
  showChoice();
  redrawAll();
}
const notifies = () => Boolean(window.Notification) && window.isSecureContext;

export function showTitle(name) {
  station = name;
  document.title = ringing.length ? `🔔 ${ringing[0][1]} ${station}` : station;
}

/** Show elsewhere what rings, as pairs of id and text; `fresh` are the ids that were not told before. */
export function remind(rings, fresh) {
  ringing = isHushed() ? [] : rings;
  showTitle(station);
  const icon = ringing.length ? "icon-ring.svg" : "icon.svg";
  if ($("icon").getAttribute("href") !== icon) $("icon").setAttribute("href", icon);
  call(fresh.length > 0);
}

/** Sound while the tab is hidden and something rings; notify if that is new. */
function call(fresh) {
  const on = ringing.length > 0 && document.hidden && !left;
  if (on) {
    sound();
    if (fresh || !shown) notify();
  } else {
    silence();
    shown?.close();
    shown = null;
  }
}

function sound() {
  if (sounding || !unlock()) return;
  sounding = context.createOscillator();
  const gain = context.createGain();
  const begin = context.currentTime;
  gain.gain.setValueAtTime(0, begin);
  for (let at = begin; at < begin + LONGEST_S; at += NOTES_HZ.length * NOTE_S + PAUSE_S) {
    NOTES_HZ.forEach((hz, place) => {
      sounding.frequency.setValueAtTime(hz, at + place * NOTE_S);
      gain.gain.setTargetAtTime(LOUDNESS, at + place * NOTE_S, 0.01);
      gain.gain.setTargetAtTime(0, at + (place + 0.7) * NOTE_S, 0.05);
    });
  }
  sounding.connect(gain).connect(context.destination);
  sounding.start();
  sounding.stop(begin + LONGEST_S);
}

function silence() {
  sounding?.stop();
  sounding = null;
  context?.suspend().catch(() => {});
}

/** Have the browser let us sound; whether it has Web Audio. */
function unlock() {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!Context) return false;
  context ??= new Context();
  context.resume().catch(() => {}); // it waits until the page is touched
  return true;
}

function notify() {
  if (!notifies() || Notification.permission !== "granted") return;
  try {
    shown?.close();
    const note = shown = new Notification(ringing.map(([, text]) => text).join(" "),
      { body: station, icon: "icon-ring.svg", requireInteraction: true });
    note.onclick = () => {
      window.focus();
      note.close();
    };
  } catch { // Chrome on Android has them for service workers only
    shown = null;
  }
}

function showChoice() {
  check("hush", isHushed());
  $("elsewhere-means").hidden = isHushed();
  $("elsewhere-notify").hidden = isHushed() || !notifies() || Notification.permission !== "default";
  $("elsewhere-hint").textContent = isHushed() ? "" : !notifies() ? t("elsewhere.insecure")
    : Notification.permission === "denied" ? t("elsewhere.denied") : "";
}

$("hush").onclick = () => hush(!isHushed());

$("elsewhere-notify").onclick = async () => {
  await Notification.requestPermission();
  showChoice();
};

// Safari lets a context sound that was resumed by a touch; Firefox and Chrome any, once the page was touched.
if (window.webkitAudioContext) {
  addEventListener("pointerdown", () => {
    if (unlock() && !sounding) silence();
  }, { once: true, capture: true });
}
document.addEventListener("visibilitychange", () => call(false));
for (const kind of ["pagehide", "pageshow"]) {
  addEventListener(kind, () => {
    left = kind === "pagehide";
    call(false);
  });
}
showChoice();
