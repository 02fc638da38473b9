using AkkaSse.AspNetCore;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>How Kestrel lets readers in.</summary>
public static class WebHostBuilderSseExtensions
{
    /// <summary>
    /// Lets connections and readers in one after the other, on one thread below the priority of the others (on Linux 5 nice levels), so
    /// that a storm of reconnects does not stand before the publishes and deliveries of those who are there. Replaces the sockets
    /// transport's listener by one that does the same in smaller steps.
    /// </summary>
    /// <remarks>
    /// Only where nothing that runs before an endpoint blocks its thread (middleware, policies, an <c>IHubAuthorizer</c>): it would hold up
    /// everybody who comes in. What waits asynchronously holds up nobody. Works for endpoints with
    /// <see cref="ListenOptionsSseExtensions.UseSseConnectionDetach"/>; others only take their connections that way.
    /// </remarks>
    /// <param name="host">The web host, after any <c>UseSockets</c>.</param>
    /// <returns><paramref name="host"/>.</returns>
    public static IWebHostBuilder UseSseAcceptThrottle(this IWebHostBuilder host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host.ConfigureServices(static services =>
        {
            services.AddSingleton<AcceptThrottle>();
            // The last one that can bind an endpoint does.
            services.AddSingleton<IConnectionListenerFactory>(static s =>
                new AcceptThrottleListenerFactory(
                ActivatorUtilities.CreateInstance<SocketTransportFactory>(s), s.GetRequiredService<AcceptThrottle>()));
        });
    }
}
