// Elements of the page.

export const $ = (id) => document.getElementById(id);

/** An element with properties, `data`, attributes (`attrs`) and children. */
export function make(tag, { data = {}, attrs = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The parts that say something, with a full stop between them. */
export const sentences = (...parts) => parts.filter(Boolean)
  .map((part, place, all) => (place === all.length - 1 || /[.!?:]$/.test(part) ? part : `${part}.`)).join(" ");
