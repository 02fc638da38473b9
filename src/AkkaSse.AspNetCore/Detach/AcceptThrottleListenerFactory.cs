using System.Net;
using Microsoft.AspNetCore.Connections;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Lets connections in through the throttle. The server takes whatever the kernel has in one go on the thread where the first of them was
/// announced, which is the socket thread: 4 000 in a backlog kept every socket of the process waiting for more than a second.
/// </summary>
internal sealed class AcceptThrottleListenerFactory(IConnectionListenerFactory transport, AcceptThrottle throttle)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await transport.BindAsync(endpoint, cancellationToken).ConfigureAwait(false), throttle);

    public bool CanBind(EndPoint endpoint) => transport is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    private sealed class Listener(IConnectionListener transport, AcceptThrottle throttle) : IConnectionListener
    {
        public EndPoint EndPoint => transport.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            // Before and not after: what a new connection costs is in the accept.
            await throttle.Enter(accept: true);
            return await transport.AcceptAsync(cancellationToken).ConfigureAwait(false);
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => transport.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => transport.DisposeAsync();
    }
}
