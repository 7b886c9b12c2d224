// The operator's page: asks /stats/operator once a second while it can be seen, and draws.

const $ = (id) => document.getElementById(id);
const PERIOD = 1000;
/** Five minutes. */
const HISTORY = 300;
/** Seconds the latency histogram looks back. */
const WINDOW = 60;

const history = [];
/** The latest pictures' latency buckets: for the difference over the window. */
const pictures = [];
let before = null;

// Numbers

const units = (n, steps, base) => {
  let i = 0;
  while (n >= base && i < steps.length - 1) { n /= base; i++; }
  return `${n < 10 && i ? n.toFixed(1) : Math.round(n)}${steps[i]}`;
};
const short = (n) => n < 10_000 ? String(Math.round(n)) : units(n, ["", "k", "M", "G"], 1000);
const bytes = (n) => units(n, [" B", " KiB", " MiB", " GiB"], 1024);
const time = (us) => us < 1000 ? `${Math.round(us)} µs` : us < 1e6 ? `${(us / 1e3).toFixed(us < 1e4 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`;

function duration(millis) {
  const s = Math.floor(millis / 1000);
  const parts = [[Math.floor(s / 86400), "d"], [Math.floor(s / 3600) % 24, "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  return parts.filter(([n], i) => n || i === 3).slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

// Drawing

const colour = (name) => {
  // A computed colour, not the text of the variable: light-dark() is resolved.
  const probe = colour.probe ??= document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
};

function pen(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const ctx = canvas.getContext("2d");
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = "11px ui-monospace, Menlo, Consolas, monospace";
  return { ctx, width, height };
}

/** A round number at or above n. */
function ceiling(n) {
  const step = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return [1, 2, 5, 10].map((k) => k * step).find((c) => c >= n) ?? n;
}

function curves(canvas, series) {
  const { ctx, width, height } = pen(canvas);
  const peak = ceiling(Math.max(10, ...history.flatMap((h) => series.map(([key]) => h[key]))));
  const [top, bottom, left] = [10, 18, 44];
  const x = (i) => width - 8 - (history.length - 1 - i) * ((width - left - 8) / (HISTORY - 1));
  const y = (v) => height - bottom - (v / peak) * (height - top - bottom);
  ctx.fillStyle = colour("soft");
  ctx.strokeStyle = colour("line");
  ctx.lineWidth = 1;
  ctx.textAlign = "right";
  for (const part of [0, 0.5, 1]) {
    ctx.beginPath();
    ctx.moveTo(left, Math.round(y(peak * part)) + 0.5);
    ctx.lineTo(width - 8, Math.round(y(peak * part)) + 0.5);
    ctx.stroke();
    ctx.fillText(short(peak * part), left - 6, y(peak * part) + 4);
  }
  ctx.textAlign = "center";
  for (let minutes = 1; minutes < 5; minutes++) {
    const at = width - 8 - minutes * 60 * ((width - left - 8) / (HISTORY - 1));
    ctx.fillText(`−${minutes} min`, at, height - 4);
  }
  for (const [key, name, filled] of series) {
    if (history.length < 2) break;
    ctx.beginPath();
    history.forEach((h, i) => (i ? ctx.lineTo(x(i), y(h[key])) : ctx.moveTo(x(i), y(h[key]))));
    ctx.lineWidth = 2;
    ctx.lineJoin = "round";
    ctx.strokeStyle = ctx.fillStyle = colour(name);
    ctx.stroke();
    if (filled) {
      ctx.lineTo(x(history.length - 1), y(0));
      ctx.lineTo(x(0), y(0));
      ctx.globalAlpha = 0.16;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
  }
}

/** Buckets of the last minute: the newest picture less the oldest. */
function recent() {
  const now = pictures.at(-1);
  const then = new Map(pictures.length > 1 ? pictures[0].map((b) => [b.from_us, b.count]) : []);
  return now.map(({ from_us, count }) => ({ from_us, count: count - (then.get(from_us) ?? 0) })).filter((b) => b.count > 0);
}

function quantile(buckets, q) {
  const all = buckets.reduce((sum, b) => sum + b.count, 0);
  let sum = 0;
  for (const b of buckets) if ((sum += b.count) >= all * q) return b.from_us;
  return 0;
}

function drawLatency(buckets) {
  const { ctx, width, height } = pen($("latency"));
  const [left, right, top, bottom] = [12, 12, 12, 20];
  // From a microsecond to ten seconds, each decade as wide.
  const x = (us) => left + (Math.log10(Math.max(us, 1)) / 7) * (width - left - right);
  ctx.fillStyle = colour("soft");
  ctx.strokeStyle = colour("line");
  ctx.textAlign = "center";
  for (let decade = 0; decade <= 7; decade++) {
    const at = Math.round(x(10 ** decade)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(at, top);
    ctx.lineTo(at, height - bottom);
    ctx.stroke();
    const label = ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"][decade];
    ctx.textAlign = decade === 0 ? "left" : decade === 7 ? "right" : "center";
    ctx.fillText(label, at, height - 5);
  }
  if (!buckets.length) return;
  const most = Math.max(...buckets.map((b) => b.count));
  ctx.fillStyle = colour("busy");
  for (const { from_us: from, count } of buckets) {
    const next = from < 8 ? from + 1 : from * (1 + 1 / 8);
    const tall = (count / most) * (height - top - bottom);
    const from_x = x(from);
    ctx.fillRect(from_x, height - bottom - tall, Math.max(2, x(next) - from_x - 1), tall);
  }
  for (const [q, name] of [[0.5, "p50"], [0.99, "p99"]]) {
    const at = Math.round(x(quantile(buckets, q))) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = colour("brand");
    ctx.beginPath();
    ctx.moveTo(at, top);
    ctx.lineTo(at, height - bottom);
    ctx.stroke();
    ctx.textAlign = "left";
    ctx.fillText(name, at + 4, top + 9);
  }
}

// Tables

function row(cells, className) {
  const tr = document.createElement("tr");
  if (className) tr.className = className;
  for (const cell of cells) {
    const td = document.createElement("td");
    td.append(...(Array.isArray(cell) ? cell : [cell]));
    tr.append(td);
  }
  return tr;
}

const KINDS = [["stacks", "Goroutines' stacks"], ["sessions", "Sessions"], ["queues", "Queues to slow clients"], ["history", "History"], ["broker", "On the way to other hubs"]];

function drawMemory(memory) {
  const known = KINDS.reduce((sum, [key]) => sum + memory[key], 0);
  const rows = [...KINDS.map(([key, name]) => [name, memory[key]]), ["Program, allocator, the rest", Math.max(0, memory.resident - known)]];
  const all = Math.max(memory.resident, known, 1);
  $("memory-bar").replaceChildren(...rows.map(([, n], i) => {
    const part = document.createElement("i");
    part.style.width = `${(100 * n) / all}%`;
    part.style.background = `var(--kind-${i + 1})`;
    return part;
  }));
  $("memory").replaceChildren(...rows.map(([name, n], i) => {
    const swatch = document.createElement("i");
    swatch.className = "swatch";
    swatch.style.background = `var(--kind-${i + 1})`;
    return row([[swatch, name], bytes(n)], n ? "" : "quiet");
  }));
  $("memory-note").textContent = `${bytes(memory.resident)} resident`;
}

function drawRooms(fullest, rooms) {
  $("fullest").replaceChildren(...fullest.map((r) => {
    const cells = [r.name || "the nameless room", short(r.members), short(r.everywhere), short(r.history), bytes(r.history_bytes)];
    const tr = row(cells, r.members ? "" : "quiet");
    tr.firstElementChild.title = r.name;
    return tr;
  }));
  $("fullest-note").textContent = rooms > fullest.length ? `${fullest.length} of ${short(rooms)}` : "";
}

/** What is counted, and whether it is a reason to worry. */
const COUNTS = [
  ["accepted", "Connections accepted"], ["sockets_opened", "WebSockets opened"], ["pings", "Pings sent"], ["queued", "Writes that had to wait"], ["slowed", "Senders slowed"],
  ["refused", "Handshakes refused"], ["full", "Turned away: full"], ["idle", "Closed: idle"], ["timeouts", "Dropped: silent"], ["bad_frames", "Closed: bad frames"],
  ["slow_readers", "Slow readers dropped", true], ["dropped_oldest", "Oldest messages dropped", true], ["dropped_newest", "Newest messages dropped", true],
  ["gaps", "Gaps announced", true], ["accept_errors", "Failures to accept", true], ["panics", "Panics", true],
];

function drawCounts(clients) {
  $("counts").replaceChildren(...COUNTS.map(([key, name, bad]) => {
    const n = clients[key];
    return row([name, short(n)], n === 0 ? "quiet" : bad ? "alarm" : "");
  }));
}

function drawBroker({ kind, connected, waiting, lost, error }) {
  const words = kind === "embedded"
    ? ["this hub alone"]
    : [connected ? "Redis: connected" : "Redis: away", `${bytes(waiting)} waiting`, `lost ${lost} times`, error].filter(Boolean);
  $("broker").textContent = words.join(" · ");
  $("broker").dataset.connected = connected;
}

// One picture after another

function draw(now) {
  const { clients, memory } = now;
  const seconds = before ? (now.uptime_ms - before.uptime_ms) / 1000 : 0;
  // A hub that began anew counts from nothing: no rate is negative.
  const rate = (key) => seconds > 0 ? Math.max(0, (clients[key] - before.clients[key]) / seconds) : 0;
  if (before && now.uptime_ms < before.uptime_ms) pictures.length = 0;
  pictures.push(now.latency);
  if (pictures.length > WINDOW) pictures.shift();
  history.push({ in: rate("messages_in"), out: rate("messages_out"), sockets: clients.sockets });
  if (history.length > HISTORY) history.shift();
  before = now;
  const latest = history.at(-1);
  const buckets = recent();
  const set = (id, text) => { $(id).textContent = text; };
  set("sockets", short(clients.sockets));
  set("rooms", short(clients.rooms));
  set("in", short(latest.in));
  set("out", short(latest.out));
  set("p50", buckets.length ? time(quantile(buckets, 0.5)) : "–");
  set("p99", buckets.length ? time(quantile(buckets, 0.99)) : "–");
  set("resident", bytes(memory.resident));
  set("each", clients.sockets ? bytes(memory.resident / clients.sockets) : "–");
  set("uptime", `up ${duration(now.uptime_ms)} · ${short(clients.messages_out)} delivered · ${bytes(clients.bytes_out)} out`);
  set("rates-note", `in ${short(latest.in)} · out ${short(latest.out)}`);
  set("connections-note", `${short(clients.connections)} connections in all`);
  set("latency-note", `${short(buckets.reduce((sum, b) => sum + b.count, 0))} deliveries`);
  $("state").dataset.state = now.draining ? "waiting" : "open";
  $("state").firstElementChild.textContent = now.draining ? "ending" : "serving";
  drawMemory(memory);
  drawRooms(now.fullest, clients.rooms);
  drawCounts(clients);
  drawBroker(now.broker);
  paint();
}

function paint() {
  curves($("rates"), [["out", "busy", true], ["in", "in", false]]);
  curves($("connections"), [["sockets", "good", true]]);
  if (pictures.length) drawLatency(recent());
}

async function watch() {
  if (!document.hidden) {
    try {
      // The address of this page may carry a token.
      const answer = await fetch(`/stats/operator${location.search}`, { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(await answer.text());
      draw(await answer.json());
    } catch (error) {
      $("state").dataset.state = "waiting";
      $("state").firstElementChild.textContent = /token/.test(error.message) ? "a token is needed: ?token=" : "the hub does not answer";
    }
  }
  setTimeout(watch, PERIOD);
}

// Dark or light: the system's choice until somebody chooses

const dark = matchMedia("(prefers-color-scheme: dark)");
function theme(choice) {
  document.documentElement.style.colorScheme = choice ?? "";
  if (history.length) paint();
}
theme(localStorage.getItem("theme"));
dark.addEventListener("change", () => theme(localStorage.getItem("theme")));
$("theme").addEventListener("click", () => {
  const now = localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light");
  localStorage.setItem("theme", now === "dark" ? "light" : "dark");
  theme(localStorage.getItem("theme"));
});

watch();
