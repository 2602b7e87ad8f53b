// The call that this browser has with the door. How it is made comes later, in talk.js.

import { attempt } from "./base/orders.js";
import { may } from "./base/session.js";
import { loadPart } from "./later.js";

let mine = null; // its id
let begin = async () => {};

/** Whether this browser may talk and listen at the door. */
export const mayTalk = () => may("call") && may("listen");

export const isMine = ({ id }) => id === mine;

/** Note which call is this browser's, or that there is none (null). */
export function own(call) {
  mine = call;
  dispatchEvent(new Event("intercomd:redraw"));
}

/** Take what makes a call. */
export function provide(talk) { begin = talk; }

/** Talk at the door: answer what rings there, or call. */
export const talk = () => attempt(async () => {
  await loadPart("talk");
  await begin();
});
