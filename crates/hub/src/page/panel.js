// The live panel: asks /stats four times a second while it can be seen, and draws the answer.

const $ = (id) => document.getElementById(id);
const PERIOD = 250;
const HISTORY = 240;
/** A local queue has 256 slots, drawn as 32 by 8, after runnext and a gap. */
const RING = 256;
const ROWS = 8;
const COLUMNS = 2 + RING / ROWS;

/** The last minute: messages per second, in and out. */
const history = [];
let before = null;
/** Full scale of the global queue: shrinks slowly. */
let scaleGlobal = 16;

const colour = (name) => {
  // A computed colour, not the text of the variable: light-dark() is resolved.
  const probe = colour.probe ??= document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
};

const short = (n) => n < 10_000 ? String(Math.round(n)) : n < 1e6 ? `${(n / 1e3).toFixed(n < 1e5 ? 1 : 0)}k` : `${(n / 1e6).toFixed(1)}M`;

/** A canvas's context, in units of CSS pixels, cleared. */
function pen(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const ctx = canvas.getContext("2d");
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return { ctx, width, height };
}

// The sparkline: what was delivered as an area, what was said as a line

function drawSpark() {
  const { ctx, width, height } = pen($("spark"));
  const peak = Math.max(10, ...history.map((h) => Math.max(h.in, h.out)));
  const x = (i) => width - (history.length - 1 - i) * (width / (HISTORY - 1));
  const y = (v) => height - 3 - (v / peak) * (height - 8);
  const trace = (key) => {
    ctx.beginPath();
    history.forEach((h, i) => (i ? ctx.lineTo(x(i), y(h[key])) : ctx.moveTo(x(i), y(h[key]))));
  };
  if (history.length > 1) {
    trace("out");
    ctx.lineWidth = 2;
    ctx.lineJoin = "round";
    ctx.strokeStyle = ctx.fillStyle = colour("busy");
    ctx.stroke();
    ctx.lineTo(width, height);
    ctx.lineTo(x(0), height);
    ctx.globalAlpha = 0.18;
    ctx.fill();
    ctx.globalAlpha = 1;
    trace("in");
    ctx.strokeStyle = colour("in");
    ctx.stroke();
  }
  const now = history.at(-1) ?? { in: 0, out: 0 };
  $("in-out").textContent = `in ${short(now.in)} · out ${short(now.out)}`;
}

// The Ps: each a box with its queue, one cell a slot

function procBoxes(count) {
  const list = $("procs");
  while (list.childElementCount > count) list.lastElementChild.remove();
  while (list.childElementCount < count) {
    const item = document.createElement("li");
    const head = document.createElement("p");
    head.append(document.createElement("b"), document.createElement("span"));
    head.firstElementChild.textContent = `P${list.childElementCount}`;
    item.append(head, document.createElement("canvas"));
    list.append(item);
  }
  return [...list.children];
}

function drawProcs({ procs, gomaxprocs, idle_procs: idle }, switched) {
  procBoxes(procs.length).forEach((box, i) => {
    const { queue, has_next: next, peak } = procs[i];
    box.dataset.busy = !procs[i].idle;
    box.firstElementChild.lastElementChild.textContent = `${short(switched[i])}/s · ${peak} queued`;
    const { ctx, width, height } = pen(box.lastElementChild);
    const [cw, ch] = [width / COLUMNS, height / ROWS];
    const [full, lately, empty] = [colour("busy"), colour("lately"), colour("slot")];
    const cell = (column, row, fill) => {
      ctx.fillStyle = fill;
      ctx.fillRect(column * cw + 0.5, row * ch + 0.5, cw - 1, ch - 1);
    };
    // The slot runnext stands alone at the left; then the ring.
    cell(0, 0, next ? full : peak ? lately : empty);
    for (let slot = 0; slot < RING; slot++) {
      const fill = slot < queue ? full : slot < peak - 1 ? lately : empty;
      cell(2 + Math.floor(slot / ROWS), slot % ROWS, fill);
    }
  });
  $("procs-note").textContent = `${gomaxprocs - idle} running · ${idle} idle`;
}

function drawGlobal({ global_queue: queue, global_peak: peak }) {
  scaleGlobal = Math.max(peak, scaleGlobal * 0.995, 16);
  Object.assign($("global"), { max: scaleGlobal, value: peak });
  $("global-note").textContent = `${queue} now · ${peak} lately`;
}

function drawThreads({ threads, spinning_threads: spinning, idle_threads: idle }) {
  const running = Math.max(0, threads - spinning - idle);
  const kinds = [...Array(running).fill("running"), ...Array(spinning).fill("spinning"), ...Array(idle).fill("idle")];
  const list = $("threads");
  const shown = Math.min(kinds.length, 96);
  while (list.childElementCount > shown) list.lastElementChild.remove();
  while (list.childElementCount < shown) list.append(document.createElement("li"));
  [...list.children].forEach((item, i) => {
    if (item.className !== kinds[i]) item.className = kinds[i];
  });
  $("threads-note").textContent = `${running} running · ${spinning} spinning · ${idle} idle`;
}

// One picture after another

function rates(now) {
  const seconds = before ? (now.uptime_ms - before.uptime_ms) / 1000 : 0;
  // A hub that began anew counts from nothing: no rate is negative.
  const rate = (key) => seconds > 0 ? Math.max(0, (now.clients[key] - before.clients[key]) / seconds) : 0;
  const switched = now.scheduler.procs.map(({ switches }, i) => {
    const then = before?.scheduler.procs[i]?.switches ?? switches;
    return seconds > 0 ? Math.max(0, (switches - then) / seconds) : 0;
  });
  const result = { in: rate("messages_in"), out: rate("messages_out"), switched };
  before = now;
  return result;
}

function duration(millis) {
  const s = Math.floor(millis / 1000);
  const parts = [[Math.floor(s / 3600), "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  return parts.filter(([n], i) => n || i === 2).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

function draw(stats) {
  const { scheduler, clients } = stats;
  history.push(rates(stats));
  if (history.length > HISTORY) history.shift();
  $("goroutines").textContent = short(scheduler.goroutines);
  $("sockets").textContent = short(clients.sockets);
  $("rooms").textContent = short(clients.rooms);
  // Over the last second: a quarter of one is too nervous to read.
  const recent = history.slice(-4);
  $("rate").textContent = short(recent.reduce((sum, h) => sum + h.out, 0) / recent.length);
  drawSpark();
  drawProcs(scheduler, history.at(-1).switched);
  drawGlobal(scheduler);
  drawThreads(scheduler);
  const slow = clients.slow_readers ? ` · ${short(clients.slow_readers)} slow readers` : "";
  $("uptime").textContent = `up ${duration(stats.uptime_ms)} · ${short(clients.messages_out)} messages delivered${slow}${stats.draining ? " · ending" : ""}`;
}

async function watch() {
  if (!document.hidden) {
    try {
      const answer = await fetch("/stats", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (answer.ok) draw(await answer.json());
    } catch {
      // The hub is away: the chat says so, and the panel waits.
      $("uptime").textContent = "no figures: the hub does not answer";
      before = null;
    }
  }
  setTimeout(watch, PERIOD);
}

window.addEventListener("themechange", () => history.length && drawSpark());

// Stir: connections to /echo that send a burst, wait until all of it is back, and send the next.
// A pause between bursts leaves the tab time to draw.

const STIR = { sockets: 24, burst: 8, pause: 8, millis: 10_000 };
let stirring = [];
let stirTimer = 0;

function calm() {
  clearTimeout(stirTimer);
  const ending = stirring;
  stirring = [];
  for (const socket of ending) socket.close();
  $("stir").setAttribute("aria-pressed", "false");
}

$("stir").addEventListener("click", () => {
  if (stirring.length) return calm();
  $("stir").setAttribute("aria-pressed", "true");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  stirring = Array.from({ length: STIR.sockets }, () => {
    const socket = new WebSocket(`${scheme}://${location.host}/echo`);
    let missing = 0;
    const burst = () => {
      if (socket.readyState !== WebSocket.OPEN) return;
      for (missing = 0; missing < STIR.burst; missing++) socket.send(`stir ${missing}`);
    };
    socket.onopen = burst;
    socket.onmessage = () => --missing || setTimeout(burst, STIR.pause);
    // One that is closed by the hub ends it all: the hub is going.
    socket.onclose = () => stirring.includes(socket) && calm();
    return socket;
  });
  stirTimer = setTimeout(calm, STIR.millis);
});

watch();
