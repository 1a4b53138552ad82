// Keeps the live part of an order's or a plan's page up to date. Without this file the page reloads itself and works by forms.
//
// Asks /status with the version it shows; the answer is 304, or the live part anew. Each answer says in
// Kassa-Ask-After-Ms when to ask next: the server knows what is imminent and how busy it is. A hidden tab asks more
// seldom, and at once when the person comes back. No more is asked when nothing more can happen.

const LEAST_MS = 500;
const MOST_MS = 60_000;
const HIDDEN_MS = 10_000;
const UNTOLD_MS = 2000;
const TIMEOUT_MS = 15_000;
const FAILED_MS = 1000;
const MAX_PAUSE_AFTER_FAILURE_MS = 30_000;

const live = document.getElementById("live");
const announcement = document.getElementById("announcement");
const heldBack = document.getElementById("held-back");

// What buttons say when they are not busy.
const resting = new Map();

let timer = 0;
let asking = false;
let failures = 0;

const shown = () => live.querySelector("[data-state]");
let told = bounded(shown().dataset.askAfterMs);

function bounded(text) {
  const ms = Number(text ?? NaN);
  return Number.isFinite(ms) ? Math.min(MOST_MS, Math.max(LEAST_MS, ms)) : UNTOLD_MS;
}

// Some more or less, so that pages that were opened together do not go on asking together.
function pause() {
  const calm = Math.max(told, document.hidden ? HIDDEN_MS : 0);
  if (failures > 0) {
    // A server in trouble is never asked sooner than one that is well.
    const patient = Math.min(MAX_PAUSE_AFTER_FAILURE_MS, FAILED_MS * 2 ** failures);
    return Math.max(calm, patient) * (0.75 + Math.random() / 2);
  }
  return calm * (0.9 + Math.random() / 5);
}

function plan() {
  clearTimeout(timer);
  if (shown().dataset.final !== "true") timer = setTimeout(ask, pause());
}

async function ask() {
  if (asking) return; // its answer is on the way
  asking = true;
  try {
    await askOnce();
    failures = 0;
  } catch {
    failures += 1; // offline, or the server is restarting: what is shown stays true, we ask again later
  } finally {
    asking = false;
    plan();
  }
}

async function askOnce() {
  const answer = await fetch(live.dataset.statusUrl, {
    headers: { "If-None-Match": `"${shown().dataset.version}"`, Accept: "application/json" },
    credentials: "same-origin",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.ok || answer.status === 304) told = bounded(answer.headers.get("Kassa-Ask-After-Ms"));
  if (answer.status === 304) return;
  if (!answer.ok) throw new Error(String(answer.status));
  const news = await answer.json();
  if (isTyped()) {
    heldBack.hidden = false; // never take away what somebody is writing
    return;
  }
  show(news);
}

function isTyped() {
  const fields = live.querySelectorAll("form input:not([type=hidden])");
  return [...fields].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

function show(news) {
  const had = shown().contains(document.activeElement) ? document.activeElement : null;
  const open = [...live.querySelectorAll("details[open][id]")].map((details) => details.id);
  live.innerHTML = news.html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  document.title = document.title.replace(/^[^·]*/, `${news.title} `);
  document.getElementById("notices").replaceChildren();
  takeAwayWhatIsOver();
  heldBack.hidden = true;
  if (had) (had.id && document.getElementById(had.id) || document.getElementById("headline"))?.focus();
  announcement.textContent = [...live.querySelectorAll("h1, .lead, .refund")]
    .map((element) => element.textContent.trim().replace(/\s+/g, " "))
    .join(". ");
}

// What was told about a payment when the page was opened holds no longer than the payment.
function takeAwayWhatIsOver() {
  const told = document.getElementById("not-enough");
  if (told && told.dataset.toCome !== shown().dataset.toCome) told.remove();
}

function wake() {
  if (!document.hidden && shown().dataset.final !== "true") ask();
}

// A second click must not look as if nothing happened. The server takes only one of the two anyway.
function busy(event) {
  if (event.target.querySelector('button[aria-disabled="true"]')) {
    event.preventDefault();
    return;
  }
  const button = event.submitter ?? event.target.querySelector("button");
  if (!button?.dataset.busy) return;
  resting.set(button, [...button.childNodes]);
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
}

function idle() {
  for (const [button, content] of resting) {
    button.replaceChildren(...content);
    button.removeAttribute("aria-disabled");
  }
  resting.clear();
}

live.addEventListener("submit", busy);
heldBack.querySelector("button").addEventListener("click", () => {
  for (const form of live.querySelectorAll("form")) form.reset();
  window.location.assign(live.dataset.pageUrl);
});
document.addEventListener("visibilitychange", () => (document.hidden ? plan() : wake()));
window.addEventListener("focus", wake);
window.addEventListener("online", wake);
window.addEventListener("pageshow", () => {
  idle();
  wake();
});
