// A text as a QR code (ISO/IEC 18004): bytes, level L, the first mask; versions 2 to 6, which hold up to 134 bytes.

import { svg } from "./base/icons.js";

const VERSIONS = [[34, 10, 1], [55, 15, 1], [80, 20, 1], [108, 26, 1], [136, 18, 2]]; // words of data, of a block's check, blocks
const FIRST = 2;
const BYTES = 0x40; // what the data are
const FILLERS = [0xec, 0x11];
const FIELD = 0x11d; // the polynomial of its words
const FORMAT = 0x77c4; // level L and the first mask, with their check
const QUIET = 4; // modules around it

function product(one, other) {
  let found = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    found = (found << 1) ^ ((found >> 7) * FIELD);
    found ^= ((other >> bit) & 1) * one;
  }
  return found;
}

/** The check of a block, after Reed and Solomon. */
function check(data, count) {
  const divisor = [...Array(count - 1).fill(0), 1];
  for (let [place, root] = [0, 1]; place < count; place += 1, root = product(root, 2)) {
    divisor.forEach((each, at) => { divisor[at] = product(each, root) ^ (divisor[at + 1] ?? 0); });
  }
  const rest = Array(count).fill(0);
  for (const each of data) {
    const factor = each ^ rest.shift();
    rest.push(0);
    divisor.forEach((one, at) => { rest[at] ^= product(one, factor); });
  }
  return rest;
}

/** All words in their order: one of each block in turn. */
function words(bytes, [size, count, blocks]) {
  const given = [bytes.length, ...bytes];
  const data = given.map((each, place) => ((place ? given[place - 1] << 4 : BYTES) & 0xf0) | (each >> 4));
  data.push((given[given.length - 1] << 4) & 0xf0);
  for (let place = 0; data.length < size; place += 1) data.push(FILLERS[place % 2]);
  const parts = Array.from({ length: blocks }, (_, place) => data.slice(place * size / blocks, (place + 1) * size / blocks));
  const inTurn = (all) => all[0].flatMap((_, place) => all.map((each) => each[place]));
  return [...inTurn(parts), ...inTurn(parts.map((each) => check(each, count)))];
}

/** The modules of a text, in rows: true is dark. Null if it is too long. */
export function modules(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const found = VERSIONS.findIndex(([size]) => bytes.length + 2 <= size);
  if (found < 0) return null;
  const side = 17 + 4 * (FIRST + found);
  const rows = Array.from({ length: side }, () => Array(side).fill(null));
  const set = (x, y, dark) => { if (rows[y] && x in rows[y]) rows[y][x] = Boolean(dark); };
  const square = (x, y, reach, light) => {
    for (let across = -reach; across <= reach; across += 1) {
      for (let down = -reach; down <= reach; down += 1) {
        set(x + across, y + down, !light.includes(Math.max(Math.abs(across), Math.abs(down))));
      }
    }
  };
  for (let place = 0; place < side; place += 1) {
    set(6, place, place % 2 === 0);
    set(place, 6, place % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [side - 4, 3], [3, side - 4]]) square(x, y, 4, [2, 4]);
  square(side - 7, side - 7, 2, [1]);
  for (let place = 0; place < 15; place += 1) {
    const dark = (FORMAT >> place) & 1;
    set(8, place < 6 ? place : place < 8 ? place + 1 : side - 15 + place, dark);
    set(place < 8 ? side - 1 - place : place < 9 ? 7 : 14 - place, 8, dark);
  }
  set(8, side - 8, true);
  const bits = words(bytes, VERSIONS[found]).flatMap((word) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (word >> bit) & 1));
  for (let [right, up] = [side - 1, true]; right > 0; right -= right === 8 ? 3 : 2, up = !up) {
    for (let place = 0; place < side; place += 1) {
      const y = up ? side - 1 - place : place;
      for (const x of [right, right - 1]) if (rows[y][x] === null) set(x, y, (bits.shift() ?? 0) ^ ((x + y) % 2 === 0));
    }
  }
  return rows;
}

/** The drawing of a text, or null if it is too long. What it is for must stand beside it. */
export function qr(text) {
  const rows = modules(text);
  if (!rows) return null;
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  const side = rows.length + 2 * QUIET;
  return svg("svg", { class: "qr", viewBox: `${-QUIET} ${-QUIET} ${side} ${side}`, "aria-hidden": "true" }, svg("path", { d: path }));
}
