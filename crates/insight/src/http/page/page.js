// Asks for the state and draws it.
"use strict";

const $ = (id) => document.getElementById(id);
const KEEP = 150; // samples of each curve
const history = []; // {t, goroutines, switches, ...}: what was asked, with rates
let last = null;
let paused = false;

const TILES = [
  ["goroutines", "Goroutines", (s) => s.goroutines, count],
  ["switches", "Switches", (s) => s.rate.switches, count, "/s"],
  ["spawned", "Started", (s) => s.rate.spawned, count, "/s"],
  ["steals", "Steals", (s) => s.rate.steals, count, "/s"],
  ["handoffs", "Hand-offs", (s) => s.rate.handoffs, count, "/s"],
  ["fired", "Timers fired", (s) => s.rate.fired, count, "/s"],
  ["p99", "Queue wait, p99", (s) => s.p99, duration],
  ["resident", "Resident memory", (s) => s.resident, bytes],
];

/** The page's own parameters, a token among them, go with every question. */
function ask(path, parameters) {
  const query = new URLSearchParams(location.search);
  for (const key in parameters) query.set(key, parameters[key]);
  const text = query.toString();
  return fetch(path + (text ? "?" + text : ""), { cache: "no-store" });
}

function sum(list, key) {
  return list.reduce((n, item) => n + item[key], 0);
}

/** What grows: its sum so far. */
function totals(s) {
  return {
    switches: sum(s.procs, "switches"),
    spawned: s.spawned,
    steals: sum(s.procs, "steals"),
    handoffs: s.handoffs[0] + s.handoffs[1],
    fired: sum(s.procs, "fired"),
  };
}

/** Adds rates since the last state. */
function enrich(s) {
  s.totals = totals(s);
  s.rate = {};
  const seconds = last ? (s.now - last.now) / 1e6 : 0;
  for (const key in s.totals) {
    s.rate[key] = seconds > 0 ? Math.max(0, s.totals[key] - last.totals[key]) / seconds : 0;
  }
  s.fresh = s.latency.map(([bound, n], i) => [bound, last ? n - last.latency[i][1] : n]);
  if (sum(s.fresh, 1) === 0) s.fresh = s.latency;
  s.p99 = quantile(s.fresh, 0.99);
  s.p50 = quantile(s.fresh, 0.5);
}

function quantile(buckets, q) {
  const all = sum(buckets, 1);
  let seen = 0;
  for (const [bound, n] of buckets) {
    seen += n;
    if (all > 0 && seen >= q * all) return bound === null ? 1.1e9 : bound;
  }
  return 0;
}

function tiles(s) {
  const box = $("tiles");
  for (const [id, title, value, format, unit] of TILES) {
    let tile = $("tile-" + id);
    if (!tile) {
      tile = el("div", "tile", el("h2", "", title), el("b"), el("div"));
      tile.id = "tile-" + id;
      box.append(tile);
    }
    const values = history.slice(id === "goroutines" || id === "resident" ? 0 : 1).map(value);
    tile.children[1].replaceChildren(format(value(s)), el("small", "", unit || ""));
    tile.children[2].replaceChildren(spark(values));
  }
}

function gmp(s) {
  show($("global"), el("span", "label", "global queue"), dots("queue", s.global, 120),
    s.global ? "" : el("span", "label", "empty"));
  const carriers = new Map();
  for (const m of s.machines) if (m.proc !== null) carriers.set(m.proc, m);
  show($("procs"), ...s.procs.map((p, i) => proc(p, i, carriers.get(i))));
  const others = s.machines.filter((m) => m.proc === null);
  const busy = others.filter((m) => m.busy).map((m) => {
    const what = m.g === null ? "M" + m.thread : `M${m.thread} · G${m.g} · ${m.at}`;
    const box = el("span", "thread", el("i", "dot call"), el("span", "at", what));
    box.title = m.syscall ? "in a declared blocking call" : "its P was taken: it blocks or computes";
    return box;
  });
  const idle = others.length - busy.length;
  show($("threads"), el("span", "label", "threads without a P"), ...busy,
    el("span", "label", `${idle} asleep · ${s.spinning} looking for work`));
}

function proc(p, i, m) {
  const busy = m && m.busy;
  const state = busy ? "" : m ? (p.idle ? " idle" : " bare spinning") : " idle";
  const g = busy ? (m.g === null ? "·" : "G" + m.g) : m ? "?" : "–";
  const at = busy ? m.at || "a goroutine of this page" : m ? "looks for work" : "idle";
  const machine = m ? "M" + m.thread : "no thread";
  const where = el("div", "at", el("div", "", at), el("small", "", machine));
  where.title = at;
  const queue = el("div", "q");
  if (p.next) queue.append(dots("next", 1, 1), " ");
  queue.append(p.queue || p.next ? dots("queue", p.queue, 64) : el("span", "label", "queue empty"));
  return el("div", "proc" + state,
    el("div", "m", el("span", "g", g), where),
    queue,
    el("div", "foot", el("span", "", el("b", "", "P" + i)), el("span", "", count(p.ticks) + " slices"),
      el("span", "", count(p.timers) + " timers")));
}

function reasons(s) {
  const states = s.states.filter(([name]) => name !== "waiting");
  const all = [
    ...states.filter(([, n]) => n > 0).map(([name, n]) => [name, n, name === "syscall" ? "call" : "run", { state: name }]),
    ...s.reasons.map(([name, n]) => [name || "(no reason)", n, "", { reason: name }]),
  ];
  const max = Math.max(1, ...all.map((r) => r[1]));
  const bars = all.map(([name, n, kind, query]) => {
    const fill = el("i");
    fill.style.width = Math.max(1, (100 * n) / max) + "%";
    const bar = el("button", "bar", el("span", "", name), fill, el("b", "", count(n)));
    bar.type = "button";
    bar.dataset.kind = kind;
    bar.dataset.name = name;
    bar.dataset.query = JSON.stringify(query);
    return bar;
  });
  show($("reasons"), ...(bars.length ? bars : [el("div", "empty", "no goroutine waits")]));
  const rows = s.blocked.map(([id, reason, ms, at]) =>
    el("tr", "", el("td", "", "G" + id), el("td", "", reason), el("td", "n", duration(ms * 1e6)), el("td", "", at)));
  $("oldest").tBodies[0].replaceChildren(...rows);
}

async function stacks(name, query) {
  $("stacks-card").hidden = false;
  $("stacks-title").textContent = name;
  $("stacks").textContent = "…";
  $("stacks-card").scrollIntoView({ behavior: "smooth", block: "nearest" });
  try {
    const answer = await ask("api/stacks", query);
    $("stacks").textContent = await answer.text();
  } catch (e) {
    $("stacks").textContent = "no answer: " + e.message;
  }
  $("stacks-card").scrollIntoView({ behavior: "smooth", block: "nearest" });
}

function heap(s) {
  if (!s.heap) {
    show($("heap"), el("div", "empty", "this program has no collected heap"));
    show($("cycles"), el("div", "empty", "no cycles"));
    return;
  }
  $("heap-now").textContent =
    `${bytes(s.heap.alive)} of ${bytes(s.heap.goal)} goal · ${count(s.heap.cycles)} cycles`;
  const known = history.filter((h) => h.heap);
  const alive = known.map((h) => h.heap.alive);
  const goals = known.map((h) => h.heap.goal);
  const top = 1.08 * Math.max(...alive, ...goals, 1);
  const picture = svg("svg", { viewBox: "0 0 600 150", preserveAspectRatio: "none" });
  for (const y of [37.5, 75, 112.5]) picture.append(svg("path", { class: "grid", d: `M0 ${y}H600` }));
  if (alive.length > 1) {
    const path = curve(alive, 600, 150, top);
    picture.append(svg("path", { class: "area", d: path + "L600 150L0 150Z" }),
      svg("path", { class: "line", d: path }),
      svg("path", { class: "goal", d: curve(goals, 600, 150, top) }));
  }
  show($("heap"), picture);
  cycles(s);
}

/** The collector's cycles of the time that the curves show. */
function cycles(s) {
  const span = Math.max(10e6, s.now - history[0].now);
  const from = s.now - span;
  const x = (t) => (600 * (Math.max(t, from) - from)) / span;
  const picture = svg("svg", { viewBox: "0 0 600 34", preserveAspectRatio: "none" });
  picture.append(svg("path", { class: "grid", d: "M0 33H600" }));
  let begin = null;
  let sweep = null;
  const piece = (name, a, b, y, height) => {
    if (b < from) return;
    picture.append(svg("rect", { class: name, x: x(a).toFixed(2), y, height, width: Math.max(1, x(b) - x(a)).toFixed(2) }));
  };
  for (const [t, phase] of s.gc) {
    if (phase === "begin") [begin, sweep] = [t, null];
    if (phase === "sweep" && begin !== null) {
      piece("cycle", begin, t, 4, 28);
      sweep = t;
    }
    if (phase === "done" && sweep !== null) {
      piece("sweeping", sweep, t, 16, 16);
      begin = sweep = null;
    }
  }
  if (begin !== null) piece("cycle", begin, s.now, 4, 28);
  show($("cycles"), picture);
}

function latency(s) {
  const buckets = s.latency;
  const all = sum(buckets, 1);
  if (!all) return show($("latency"), el("div", "empty", "nothing measured yet"));
  const max = Math.max(...buckets.map((b) => b[1]));
  const width = 600 / buckets.length;
  const picture = svg("svg", { viewBox: "0 0 600 92" });
  buckets.forEach(([bound, n], i) => {
    const height = n ? Math.max(1.5, (50 * n) / max) : 0;
    const column = svg("rect", { class: "col", x: i * width + 2, y: 70 - height, width: width - 4, height, rx: 2 });
    column.append(svg("title", {}, `up to ${bound === null ? "∞" : duration(bound)}: ${count(n)}`));
    picture.append(column);
    if (i % 4 === 0 && bound !== null) {
      picture.append(svg("text", { x: i * width + 2, y: 86 }, duration(bound)));
    }
  });
  picture.append(svg("path", { class: "grid", d: "M0 70.5H600" }));
  picture.append(svg("text", { x: 598, y: 11, "text-anchor": "end" },
    `p50 ≤ ${duration(quantile(buckets, 0.5))}, p99 ≤ ${duration(quantile(buckets, 0.99))}, of ${count(all)} measured`));
  show($("latency"), picture);
}

function draw(s) {
  $("program").textContent = s.program;
  $("process").textContent = `process ${s.process}` + (s.system ? ` · ${s.system} goroutines of this page not shown` : "");
  document.title = `${s.program}: ${count(s.goroutines)} goroutines`;
  $("stalls-link").textContent = s.stalls.count ? `stalls (${count(s.stalls.count)})` : "stalls";
  tiles(s);
  gmp(s);
  reasons(s);
  heap(s);
  latency(s);
}

function say(state, text) {
  $("state").dataset.state = state;
  $("state").textContent = text;
}

async function tick() {
  let pause = 500;
  if (!paused && !document.hidden) {
    try {
      const answer = await ask("api/state");
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      const s = await answer.json();
      enrich(s);
      history.push(s);
      if (history.length > KEEP) history.shift();
      draw(s);
      last = s;
      // A look may cost: it takes at most a twentieth of the time.
      pause = Math.max(500, s.cost / 50);
      say("live", "live");
    } catch (e) {
      say("gone", "no answer: " + e.message);
      pause = 2000;
    }
  }
  setTimeout(tick, pause);
}

$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", paused);
  $("pause").textContent = paused ? "go on" : "pause";
  say(paused ? "waiting" : "live", paused ? "paused" : "live");
});
$("reasons").addEventListener("click", (event) => {
  const bar = event.target.closest(".bar");
  if (bar) stacks(bar.dataset.name, JSON.parse(bar.dataset.query));
});
$("stacks-close").addEventListener("click", () => { $("stacks-card").hidden = true; });
for (const link of document.querySelectorAll("nav a")) {
  const token = new URLSearchParams(location.search).get("token");
  if (token) link.href += (link.search ? "&" : "?") + "token=" + encodeURIComponent(token);
}
tick();
