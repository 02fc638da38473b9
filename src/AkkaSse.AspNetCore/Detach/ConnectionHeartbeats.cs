using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Calls the heartbeat handlers of connections that still have an HTTP layer, once a second as the server itself does; its timeouts (head,
/// keep-alive, data rates) are measured there. Thread-safe.
/// </summary>
/// <remarks>
/// The server's own list takes 120 bytes per connection for one handler, and keeps them for as long as the connection is open.
/// </remarks>
internal static class ConnectionHeartbeats
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly ConcurrentDictionary<DetachGate, (Action<object> Action, object State)> s_handlers = Begin();

    internal static void Join(DetachGate gate, Action<object> action, object state) => s_handlers[gate] = (action, state);

    internal static void Leave(DetachGate gate) => s_handlers.TryRemove(gate, out _);

    private static ConcurrentDictionary<DetachGate, (Action<object> Action, object State)> Begin()
    {
        var handlers = new ConcurrentDictionary<DetachGate, (Action<object> Action, object State)>();
        // A thread of its own, as the server's heartbeat has: timeouts must end connections when the pool is starved by them.
        new Thread(() => Run(handlers)) { IsBackground = true, Name = "AkkaSse connection heartbeats" }.Start();
        return handlers;
    }

    [SuppressMessage("Design", "CA1031",
        Justification = "The connection is ended with the fault, which the server logs; the others go on.")]
    private static void Run(ConcurrentDictionary<DetachGate, (Action<object> Action, object State)> handlers)
    {
        while (true)
        {
            Thread.Sleep(Interval);
            foreach (var (gate, (action, state)) in handlers)
            {
                try
                {
                    action(state);
                }
                catch (Exception fault)
                {
                    gate.Abort(fault);
                }
            }
        }
    }
}
