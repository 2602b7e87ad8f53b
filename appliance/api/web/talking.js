// The call that this browser has with the door. How it is made comes later, in talk.js.

import { redrawAll } from "./base/dom.js";
import { attempt } from "./base/orders.js";
import { may } from "./base/session.js";
import { loadPart } from "./later.js";

let mine = null; // its id
let muted = false; // its microphone
let begin = async () => {};
let muffle = () => {};

/** Whether this browser may talk and listen at the door. */
export const mayTalk = () => may("call") && may("listen");

export const isMine = ({ id }) => id === mine;

/** Whether nothing of this microphone is heard in a call: this browser's, or that of the station. */
export const isMuted = (call) => (isMine(call) ? muted : call.muted);

/** Mute the microphone of this browser, or have it heard. */
export function mute(is) {
  muted = is;
  muffle(is);
  redrawAll();
}

/** Note which call is this browser's, or that there is none (null). */
export function own(call) {
  mine = call;
  if (!call) muted = false;
  redrawAll();
}

/** Take what makes a call. */
export function provide(talk, silence) { [begin, muffle] = [talk, silence]; }

/** Talk at the door: answer what rings there, or call. */
export const talk = () => attempt(async () => {
  await loadPart("talk");
  await begin();
});
