using AkkaSse.Hub;
using Microsoft.Extensions.Hosting;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Starts the hub with the host and drains it when the host begins to stop. The drain is awaited in <see cref="StoppingAsync"/>, which the
/// host runs before it stops any service: the server still answers while readers are told to go elsewhere, and closes its connections
/// after.
/// </summary>
internal sealed class HubLifetimeService(SseHub hub, IHostApplicationLifetime lifetime, IServiceProvider services)
    : IHostedLifecycleService, IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenRegistration _stopping;
    private Task? _drain;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await hub.StartAsync(cancellationToken).ConfigureAwait(false);
        _stopping = lifetime.ApplicationStopping.Register(() => BeginDrain());
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => BeginDrain().WaitAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => OpenAccess.WarnAsync(services);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    private Task BeginDrain()
    {
        lock (_gate) return _drain ??= Task.Run(() => hub.DrainAsync());
    }
}
