// An answer that took 20 ms is asked for again after a second, one of 100 ms after five: a console takes 2 % of what answers it at most.
const SHARE = 50;

/**
 * Repeats work (async; false: until it is started again) while it is started and the page is visible, least to most milliseconds apart.
 * now() does it at once, and once more when it is under way.
 */
export function poll(work, { least, most = 30000 }) {
  let timer = null, started = false, running = false, due = false;

  async function run() {
    clearTimeout(timer);
    timer = null;
    if (running) {
      due = true;
      return;
    }
    if (!started || document.visibilityState !== "visible") return;
    running = true;
    due = false;
    const began = performance.now();
    let again = true;
    try {
      again = await work();
    } finally {
      running = false;
      const wait = Math.max(least, Math.min(most, SHARE * (performance.now() - began)));
      if (due) run();
      else if (started && again !== false) timer = setTimeout(run, wait);
    }
  }

  document.addEventListener("visibilitychange", run);
  return {
    start() { started = true; return run(); },
    stop() { started = false; clearTimeout(timer); timer = null; },
    now: run,
  };
}
