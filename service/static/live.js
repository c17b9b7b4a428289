// The live page: listens to /v1/live and shows each camera's latest frame, boxes drawn over its picture.

const WORDS = { pass: "pass", warn: "warn", reject: "reject", hold: "hold: not judged" };
const MOST_ROWS = 30;
const MOST_REASONS = 5;
const MOST_LABELS = 24;
const counts = { frames: 0, pass: 0, warn: 0, reject: 0, hold: 0 };
const cameras = new Map();
const awaited = new Map();
let usualMs = null;

const find = (selector, within = document) => within.querySelector(selector);

function made(name, text, className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = className;
  return element;
}

function words(kind) {
  return kind.replaceAll("_", " ");
}

function reasonsOf(frame) {
  const grouped = new Map();
  for (const reason of frame.reasons.map(words)) grouped.set(reason, (grouped.get(reason) ?? 0) + 1);
  return [...grouped].map(([reason, times]) => (times > 1 ? `${reason} (${times} times)` : reason));
}

function count(frame) {
  counts.frames += 1;
  counts[frame.verdict] += 1;
  if (frame.total_ms !== null) usualMs = usualMs === null ? frame.total_ms : 0.9 * usualMs + 0.1 * frame.total_ms;
  for (const [name, value] of Object.entries(counts)) find(`[data-count=${name}]`).textContent = value;
  if (usualMs !== null) find("[data-count=ms]").textContent = usualMs.toFixed(1);
}

function addRow(frame) {
  const row = document.createElement("tr");
  const reasons = reasonsOf(frame);
  const more = reasons.length > 2 ? ` and ${reasons.length - 2} more` : "";
  row.append(
    made("td", new Date(frame.received_at).toLocaleTimeString()),
    made("td", frame.camera_id),
    made("td", frame.roll_id),
    made("td", frame.sequence),
    made("td", WORDS[frame.verdict], frame.verdict),
    made("td", reasons.slice(0, 2).join("; ") + more),
  );
  const rows = find("#latest");
  rows.prepend(row);
  while (rows.children.length > MOST_ROWS) rows.lastElementChild.remove();
}

function cardOf(cameraId) {
  if (!cameras.has(cameraId)) {
    const card = find("#camera").content.firstElementChild.cloneNode(true);
    find("[data-field=camera]", card).textContent = cameraId;
    find("#nothing")?.remove();
    find("#cameras").append(card);
    cameras.set(cameraId, card);
    askInput(cameraId);
  }
  return cameras.get(cameraId);
}

function drawBoxes(card, frame) {
  const drawing = find("svg", card);
  drawing.setAttribute("viewBox", `0 0 ${frame.columns} ${frame.rows}`);
  drawing.replaceChildren(...frame.boxes.map(boxOf));
  for (const label of card.querySelectorAll(".view span")) label.remove();
  find(".view", card).append(...frame.boxes.slice(0, MOST_LABELS).map((box) => labelOf(box, frame)));
}

function boxOf(box) {
  const rectangle = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const name of ["x", "y", "width", "height"]) rectangle.setAttribute(name, box[name]);
  rectangle.setAttribute("class", box.severity);
  return rectangle;
}

function labelOf(box, frame) {
  const label = made("span", words(box.kind));
  const leftward = box.x > 0.85 * frame.columns;
  const below = box.y < 0.12 * frame.rows;
  label.classList.toggle("leftward", leftward);
  label.classList.toggle("below", below);
  label.style.left = `${(100 * (leftward ? box.x + box.width : box.x)) / frame.columns}%`;
  label.style.top = `${(100 * (below ? box.y + box.height : box.y)) / frame.rows}%`;
  return label;
}

function percent(share) {
  return share === null ? "not in sight" : `${Math.round(100 * share)} %`;
}

// How lamp and lens do: their numbers while all is well, what to do when it is not.
function showInput(cameraId, input) {
  const line = find("[data-field=input]", cardOf(cameraId));
  const { lamp, focus, noise } = input.measures;
  const numbers = `lamp ${percent(lamp)}, focus ${percent(focus)}, noise ${percent(noise)} of calibration`;
  line.textContent = input.alarms.map((alarm) => alarm.told).join("; ") || numbers;
  line.classList.toggle("alarm", input.alarms.length > 0);
}

async function askInput(cameraId) {
  const answer = await fetch(`/v1/cameras/${cameraId}`);
  const input = answer.ok ? (await answer.json()).input_health : null;
  if (input) showInput(cameraId, input);
}

// Verdict, reasons, boxes and picture always belong to one and the same frame, so a card changes with its picture.
function show(frame) {
  const card = cardOf(frame.camera_id);
  const badge = find(".badge", card);
  badge.textContent = WORDS[frame.verdict];
  badge.className = `badge ${frame.verdict}`;
  find("[data-field=place]", card).textContent = `roll ${frame.roll_id}, frame ${frame.sequence}`;
  const reasons = reasonsOf(frame);
  const told = reasons.slice(0, MOST_REASONS);
  if (reasons.length > MOST_REASONS) told.push(`and ${reasons.length - MOST_REASONS} more`);
  find("[data-field=reasons]", card).replaceChildren(...told.map((reason) => made("li", reason)));
  const picture = find("img", card);
  picture.alt = `Frame ${frame.sequence} of ${frame.camera_id}: ${WORDS[frame.verdict]}`;
  picture.src = `/v1/frames/${frame.frame_id}/image.jpg`;
  drawBoxes(card, frame);
}

function told(frame) {
  count(frame);
  addRow(frame);
  awaited.set(frame.frame_id, frame);
  while (awaited.size > 64) awaited.delete(awaited.keys().next().value);
}

function pictured(frameId) {
  const frame = awaited.get(frameId);
  if (frame) show(frame);
  awaited.delete(frameId);
}

async function start() {
  const answer = await fetch("/v1/frames/latest?limit=30");
  if (answer.status === 401) location.assign("/login");
  if (!answer.ok) throw new Error((await answer.json()).detail);
  const frames = await answer.json();
  for (const frame of frames.reverse()) {
    addRow(frame);
    if (frame.has_image) show(frame);
  }
}

// A stream that the station refuses is not tried again by the browser: the session may be over.
async function askWhoIsThere() {
  const answer = await fetch("/v1/frames/latest?limit=1");
  if (answer.status === 401) location.assign("/login");
}

function listen() {
  const status = find("#connection");
  const events = new EventSource("/v1/live");
  events.addEventListener("open", () => {
    status.textContent = "live";
    status.className = "";
  });
  events.addEventListener("error", () => {
    status.textContent = "no connection to the station, trying again …";
    status.className = "lost";
    if (events.readyState === EventSource.CLOSED) askWhoIsThere();
  });
  events.addEventListener("frame", (event) => told(JSON.parse(event.data)));
  events.addEventListener("input", (event) => {
    const input = JSON.parse(event.data);
    if (cameras.has(input.camera_id)) showInput(input.camera_id, input);
  });
  events.addEventListener("preview", (event) => pictured(JSON.parse(event.data).frame_id));
}

try {
  await start();
  listen();
} catch (problem) {
  find("#connection").textContent = problem.message;
  find("#connection").className = "lost";
}
