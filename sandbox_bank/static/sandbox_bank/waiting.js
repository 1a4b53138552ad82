// The desktop page goes on by itself once the phone is done. Asks every second and a half, for half an hour at most.
const page = document.querySelector("[data-status]");
const EVERY_MS = 1500;
const MOST = 1200;

async function ask(count) {
  if (count > MOST) return;
  try {
    const answer = await fetch(page.dataset.status, { cache: "no-store" });
    const { outcome, redirect } = await answer.json();
    if (redirect) return location.assign(redirect);
    if (outcome === "stayed") return location.reload();
  } catch {
    // The bank may be restarting: ask again.
  }
  setTimeout(ask, document.hidden ? 4 * EVERY_MS : EVERY_MS, count + 1);
}

if (page && document.getElementById("open-app")) setTimeout(ask, EVERY_MS, 1);
