// A React hook over a subscription, to copy. React is the page's own; akkasse.js knows nothing of it.
import { useEffect, useState } from "react";
import { subscribe } from "akkasse";

/**
 * The newest events of some streams, and the state of the connection.
 * @param {string[]} streams
 * @param {{ limit?: number, onGap?: (gap: import("akkasse").Gap) => void }} [options]
 * @returns {{ events: readonly import("akkasse").PublishedEvent[], state: import("akkasse").SubscriptionState }}
 */
export function useEvents(streams, { limit = 100, onGap } = {}) {
  const [events, setEvents] = useState(/** @type {import("akkasse").PublishedEvent[]} */ ([]));
  const [state, setState] = useState(/** @type {import("akkasse").SubscriptionState} */ ("connecting"));
  // A new array with the same names is no new subscription.
  const key = JSON.stringify(streams);
  useEffect(() => {
    const subscription = subscribe({
      streams: JSON.parse(key),
      // What is shown is gone after a reload: begin at what the page shows, not where the last page was.
      persist: false,
      since: `last:${limit}`,
      on: { "*": event => setEvents(shown => [...shown, event].slice(-limit)) },
      onHub: { "hub.gap": gap => onGap?.(gap.data) },
      onState: change => setState(change.state),
    });
    return () => {
      subscription.close();
      setEvents([]);
    };
    // onGap of the first call is the one that is called.
  }, [key, limit]);
  return { events, state };
}
