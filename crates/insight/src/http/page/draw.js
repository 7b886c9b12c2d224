// Small helpers: elements, numbers, curves.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with a class, and text or children. */
function el(name, className, ...children) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

/** An SVG element. */
function svg(name, attributes, ...children) {
  const e = document.createElementNS(SVG, name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  e.append(...children);
  return e;
}

/** 1234567 as 1.23 M. */
function count(n) {
  for (const [size, unit] of [[1e9, " G"], [1e6, " M"], [1e4, " k"]]) {
    if (n >= size) return digits(n / (unit === " k" ? 1e3 : size)) + unit;
  }
  return String(Math.round(n));
}

function digits(n) {
  return n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

function bytes(n) {
  for (const [size, unit] of [[2 ** 30, " GiB"], [2 ** 20, " MiB"], [2 ** 10, " KiB"]]) {
    if (n >= size) return digits(n / size) + unit;
  }
  return Math.round(n) + " B";
}

/** Nanoseconds. */
function duration(ns) {
  for (const [size, unit] of [[6e10, " min"], [1e9, " s"], [1e6, " ms"], [1e3, " µs"]]) {
    if (ns >= size) return digits(ns / size) + unit;
  }
  return Math.round(ns) + " ns";
}

/** `n` dots of a kind; past `most` a number says how many more. */
function dots(kind, n, most) {
  const box = el("span", "dots");
  for (let i = 0; i < Math.min(n, most); i++) box.append(el("i", "dot " + kind));
  if (n > most) box.append(el("span", "label", "+" + count(n - most)));
  return box;
}

/** The curve of some values between 0 and their maximum. */
function curve(values, width, height, top) {
  const max = Math.max(top || 0, ...values, 1e-9);
  const step = width / Math.max(values.length - 1, 1);
  const points = values.map((v, i) => [i * step, height - (v / max) * (height - 3) - 1]);
  return points.map((p, i) => (i ? "L" : "M") + p[0].toFixed(1) + " " + p[1].toFixed(1)).join("");
}

/** A small curve without axes. */
function spark(values) {
  const picture = svg("svg", { viewBox: "0 0 200 34", preserveAspectRatio: "none", "aria-hidden": "true" });
  if (values.length > 1) {
    const path = curve(values, 200, 34);
    picture.append(svg("path", { class: "area", d: path + "L200 34L0 34Z" }));
    picture.append(svg("path", { class: "line", d: path }));
  }
  return picture;
}

/** Replaces what is in `box` only if that differs: a click in between is not lost. */
function show(box, ...children) {
  const fresh = el("div");
  fresh.append(...children);
  if (box.innerHTML !== fresh.innerHTML) box.replaceChildren(...fresh.childNodes);
}
