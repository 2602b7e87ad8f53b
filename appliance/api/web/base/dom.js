// Elements of the page.

import { icon } from "./icons.js";

export const $ = (id) => document.getElementById(id);

/** An element with properties, `data`, attributes (`attrs`) and children. */
export function make(tag, { data = {}, attrs = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that keeps its focus, by `key`, when its surroundings are drawn again; with an icon, if that is named. */
export const act = (key, label, onclick, { icon: drawing = null, ...properties } = {}) =>
  make("button", { type: "button", data: { key }, onclick, ...properties }, drawing && icon(drawing), label);

const DOUBLE_CLICK_MS = 600;
const ASKED_MS = 5000;

/** Have `button` act at its second press, and not at a double-click: the first press only asks, for a while. */
export function twice(button, sure, run) {
  const [content, label] = [[...button.childNodes], button.getAttribute("aria-label")];
  let asked = 0;
  let timer = 0;
  const rest = () => {
    clearTimeout(timer);
    delete button.dataset.sure;
    button.replaceChildren(...content);
    if (label) button.setAttribute("aria-label", label);
  };
  button.onclick = () => {
    if (!button.dataset.sure) {
      asked = performance.now();
      timer = setTimeout(rest, ASKED_MS);
      button.dataset.sure = "yes";
      button.textContent = sure;
      button.removeAttribute("aria-label");
    } else if (performance.now() - asked >= DOUBLE_CLICK_MS) {
      rest();
      run();
    }
  };
  button.onblur = rest; // not in Safari, which gives no button the focus
  return button;
}

let lost = null;
const PRESSED_MS = 50; // between two looks whether a part is let go

addEventListener("touchstart", () => {}); // without one Safari has no :active

/**
 * Draw `parent` again and give the focus back to the element with the same data-key; `lostFocus` has the key of one that is gone.
 * While something in it is pressed that waits: the press would be lost.
 */
export function keepingFocus(parent, draw) {
  clearTimeout(parent.waits);
  if (parent.querySelector(":active")) {
    parent.waits = setTimeout(keepingFocus, PRESSED_MS, parent, draw);
    return;
  }
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  draw();
  if (!key) return;
  const again = parent.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again) again.focus();
  else lost = key;
}

/** The key of what had the focus and is gone, once. */
export function lostFocus() {
  const key = lost;
  lost = null;
  return key;
}

let drawn = new WeakMap();

/** Have everything drawn again, as its words have changed. */
export function forgetDrawn() { drawn = new WeakMap(); }

/** Draw a part, or have it hear an event: one that fails takes neither the others nor the connection away. */
export function drawing(draw, what) {
  try { draw(what); } catch (error) { console.error(error); }
}

/** Have all modules draw again. */
export const redrawAll = () => dispatchEvent(new Event("intercomd:redraw"));

/** Show a switch as on or off. */
export const check = (id, is) => $(id).setAttribute("aria-checked", is);

/** Draw `parent` only if `facts` have changed: a button that is drawn again would lose the finger that is on it. */
export function redraw(parent, facts, draw) {
  const now = JSON.stringify(facts);
  if (drawn.get(parent) === now) return;
  drawn.set(parent, now);
  keepingFocus(parent, draw);
}

/** The parts that say something, with a full stop between them. */
export const sentences = (...parts) => parts.filter(Boolean)
  .map((part, place, all) => (place === all.length - 1 || /[.!?:]$/.test(part) ? part : `${part}.`)).join(" ");
