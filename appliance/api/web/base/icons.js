// Icons: one drawing each in icons.svg, always beside a word or with a name for those who do not see it.

const SVG = "http://www.w3.org/2000/svg";
const DOTS = ["more", "pad", "list"];

export function svg(tag, attrs, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const icon = (name) => svg("svg", { viewBox: "0 0 24 24", class: `icon ${DOTS.includes(name) ? "dots" : ""}`, "aria-hidden": "true" },
  svg("use", { href: `icons.svg#${name}` }));
