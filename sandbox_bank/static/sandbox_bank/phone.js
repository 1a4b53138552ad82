// A phone shows what comes by itself: asks every two seconds, for an hour at most, and shows the page anew once it changed.
const page = document.querySelector("[data-news]");
const EVERY_MS = 2000;
const MOST = 1800;

async function ask(count) {
  if (count > MOST) return;
  try {
    const answer = await fetch(page.dataset.news, { cache: "no-store" });
    const { version } = await answer.json();
    if (version && version !== page.dataset.version) return location.reload();
  } catch {
    // The bank may be restarting: ask again.
  }
  setTimeout(ask, document.hidden ? 5 * EVERY_MS : EVERY_MS, count + 1);
}

if (page) setTimeout(ask, EVERY_MS, 1);
