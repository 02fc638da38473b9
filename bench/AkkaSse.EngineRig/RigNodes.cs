using System.Net;
using System.Net.Sockets;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AkkaSse.EngineRig;

/// <summary>Hubs on one engine in this process, as an application has them but for HTTP.</summary>
internal sealed class RigNodes : IAsyncDisposable
{
    private readonly List<IHost> _hosts = [];

    internal IReadOnlyList<ISseHub> Hubs => [.. _hosts.Select(static h => h.Services.GetRequiredService<ISseHub>())];

    internal static async Task<RigNodes> StartAsync(int count, Action<ISseHubBuilder, int> engine)
    {
        var nodes = new RigNodes();
        for (var i = 0; i < count; i++)
        {
            var builder = Host.CreateApplicationBuilder();
            // Nodes that end one after the other find their paths gone: no news here.
            builder.Logging.SetMinimumLevel(LogLevel.Critical);
            engine(builder.Services.AddSseHub(o => (o.NodeName, o.AutoCreate) = ($"rig-{i}", true)), i);
            nodes._hosts.Add(builder.Build());
            await nodes._hosts[i].StartAsync();
        }
        return nodes;
    }

    internal static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
