// A screen on the wall: it stays on, dims while nobody touches it, and comes back at a touch or a ring.

import { $, check } from "./base/dom.js";

const KEPT = "intercomd.awake"; // in this browser: "on" for a screen on the wall
const DIM_MS = 120_000;

let lock = null;
let timer = 0;

const wanted = () => localStorage.getItem(KEPT) === "on";

/** Show the screen as bright as it is, and let it dim later. */
export function wake() {
  $("dim").hidden = true;
  clearTimeout(timer);
  if (wanted()) timer = setTimeout(() => { $("dim").hidden = document.body.classList.contains("ringing"); }, DIM_MS);
}

/** Keep the screen on. Browsers take that back when the tab is hidden, and from pages that came by plain HTTP. */
async function keep() {
  try {
    if (wanted() && !document.hidden) lock = await navigator.wakeLock.request("screen");
    else if (!wanted()) await lock?.release();
  } catch { /* the device saves its battery */ }
}

function show() {
  $("awake-part").hidden = !("wakeLock" in navigator);
  check("awake", wanted());
  keep();
  wake();
}

$("awake").onclick = () => {
  localStorage.setItem(KEPT, wanted() ? "off" : "on");
  show();
};
$("dim").onclick = wake; // the touch that wakes presses nothing else
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { if ($("dim").hidden) wake(); });
document.addEventListener("visibilitychange", keep);
show();
