// The chat: a WebSocket that comes back by itself, and the lines that come over it.
//
// A line is a text message as it is. By custom a line that begins with "name: " was said by name;
// any client of /ws can do the same, or not.

const $ = (id) => document.getElementById(id);
const MAX_LINES = 500;
const FIRST_RETRY = 500;
const LAST_RETRY = 8000;

// Which room

const room = new URLSearchParams(location.search).get("room") ?? "";
$("room").value = room;
$("room-name").textContent = room || "the nameless room";
if (room) document.title = `${room} · Gompa hub`;

$("room-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("room").value.trim();
  location.search = name ? `?${new URLSearchParams({ room: name })}` : "";
});

// Who speaks: a name of this tab, until another is chosen

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const name = $("name");
name.value = sessionStorage.getItem("name")
  ?? `${pick(["brave", "calm", "early", "keen", "merry", "quiet", "steep", "swift", "warm", "wild"])}-${pick(["argali", "crane", "hare", "kiang", "lynx", "marmot", "pika", "raven", "vulture", "yak"])}`;
sessionStorage.setItem("name", name.value);
name.addEventListener("change", () => {
  name.value = name.value.replace(/[:\s]+/g, "-");
  sessionStorage.setItem("name", name.value);
});

// The log

const log = $("log");
let waiting = [];

function hue(text) {
  let sum = 7;
  for (const c of text) sum = (sum * 31 + c.codePointAt(0)) >>> 0;
  return sum % 6;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function lineOf({ text, own, took, at }) {
  const item = element("li", own ? "own" : "");
  const said = element("span", "text");
  const [, who, rest] = /^([^\s:]{1,24}): (.*)$/s.exec(text) ?? [null, "", text];
  if (who) {
    const badge = element("span", "who", who);
    badge.dataset.hue = hue(who);
    said.append(badge);
  }
  said.append(rest);
  const time = element("time", "", own ? `${took.toFixed(1)} ms` : at.toLocaleTimeString());
  time.title = own ? "from this tab to the hub and back" : "";
  time.dateTime = at.toISOString();
  item.append(said, time);
  return item;
}

function noteOf(text) {
  const item = element("li");
  item.append(element("span", "note", text));
  return item;
}

// Lines are shown once a frame: a flood costs no more than what can be seen of it.
function show(make) {
  if (waiting.push(make) === 1) setTimeout(flush, document.hidden ? 250 : 16);
  if (waiting.length > MAX_LINES) waiting.shift();
}

function flush() {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(...waiting.map((make) => make()));
  waiting = [];
  while (log.childElementCount > MAX_LINES) log.firstElementChild.remove();
  $("empty").hidden = true;
  if (atEnd) log.scrollTop = log.scrollHeight;
}

// The connection

let socket = null;
let retry = FIRST_RETRY;
let countdown = 0;
let wasOpen = false;
/** Lines of this tab that have not come back yet, in order: the hub keeps it. */
let pending = [];

function state(name, text) {
  $("state").dataset.state = name;
  $("state").firstElementChild.textContent = text;
  $("send").disabled = name !== "open";
}

function connect() {
  clearInterval(countdown);
  state("connecting", "connecting");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = room ? `?${new URLSearchParams({ room })}` : "";
  socket = new WebSocket(`${scheme}://${location.host}/ws${query}`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    state("open", "connected");
    if (wasOpen) show(() => noteOf("connected again; what was said meanwhile is not here"));
    wasOpen = true;
    retry = FIRST_RETRY;
    pending = [];
  };
  socket.onmessage = ({ data }) => {
    const at = new Date();
    if (typeof data !== "string") {
      show(() => noteOf(`${data.byteLength} bytes, not text`));
      return;
    }
    const own = pending[0]?.text === data;
    const took = own ? performance.now() - pending.shift().sent : 0;
    show(() => lineOf({ text: data, own, took, at }));
  };
  socket.onclose = ({ code, reason }) => {
    if (wasOpen && retry === FIRST_RETRY) {
      show(() => noteOf(`disconnected${code > 1005 || reason ? ` (${code} ${reason})` : ""}`));
    }
    wait(retry * (0.75 + Math.random() / 2));
    retry = Math.min(retry * 2, LAST_RETRY);
  };
}

function wait(millis) {
  const until = performance.now() + millis;
  const tick = () => {
    const left = until - performance.now();
    if (left <= 0) connect();
    else state("waiting", `reconnecting in ${Math.ceil(left / 1000)} s`);
  };
  clearInterval(countdown);
  countdown = setInterval(tick, 100);
  tick();
}

// Coming back to the tab, or to the network, is a reason to try at once.
for (const [target, event] of [[window, "online"], [document, "visibilitychange"]]) {
  target.addEventListener(event, () => {
    if (socket?.readyState === WebSocket.CLOSED && !document.hidden) connect();
  });
}

$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const line = $("line").value.trim();
  if (!line || socket?.readyState !== WebSocket.OPEN) return;
  const who = name.value.trim();
  const text = who ? `${who}: ${line}` : line;
  pending.push({ text, sent: performance.now() });
  socket.send(text);
  $("line").value = "";
  $("line").focus();
  log.scrollTop = log.scrollHeight;
});

// Dark or light: the system's choice until somebody chooses

const dark = matchMedia("(prefers-color-scheme: dark)");
function theme(choice) {
  document.documentElement.style.colorScheme = choice ?? "";
  window.dispatchEvent(new Event("themechange"));
}
theme(localStorage.getItem("theme"));
dark.addEventListener("change", () => theme(localStorage.getItem("theme")));
$("theme").addEventListener("click", () => {
  const now = localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light");
  localStorage.setItem("theme", now === "dark" ? "light" : "dark");
  theme(localStorage.getItem("theme"));
});

connect();
