using System.Text.Json;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides which changes of a claimed client's streams outlive its connection, and for how long; given the engine (its values, and whether
/// a stream exists) and the node's options. Thread-safe.
/// </summary>
internal sealed class StoredChanges(IHubEngine engine, HubOptions options)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    /// <summary>Adds a change to what is stored for the client.</summary>
    internal async ValueTask StoreAsync(
        ClientActor client, List<SubscriptionMessage> add, List<string> remove, CancellationToken cancellation)
    {
        var key = KeyOf(client.Zone!, client.ClientId);
        while (true)
        {
            // Unavailable: the connection has the change; it will not survive a reconnect.
            if (!(await engine.Values.GetAsync(key, cancellation).ConfigureAwait(false)).TryGet(out var stored)) return;
            var change = stored is { } s
                ? JsonSerializer.Deserialize(s.Bytes.Span, NodeJson.Default.StoredChange)!
                : new StoredChange { Subject = client.Subject };
            var names = add.Select(static a => a.Stream).ToList();
            var next = change with
            {
                Subject = client.Subject,
                Add = [.. change.Add.Except(remove, StringComparer.Ordinal).Union(names, StringComparer.Ordinal)],
                Remove = [.. change.Remove.Union(remove, StringComparer.Ordinal).Except(names, StringComparer.Ordinal)],
            };
            var bytes = JsonSerializer.SerializeToUtf8Bytes(next, NodeJson.Default.StoredChange);
            // More than a value may have: it holds for this connection alone.
            if (bytes.Length > ManagedStore.MaxBytes) return;
            // Kept while the connection lives: the sweeper prolongs it; after the disconnect it has its ten minutes.
            var put = await engine.Values.PutAsync(key, bytes, KeptFor, stored?.Version ?? 0, cancellation).ConfigureAwait(false);
            if (!put.TryGet(out var version)) return;
            if (version is not null) break;
        }
        client.HasStoredChange = true;
    }

    internal async ValueTask ProlongAsync(ClientActor client)
    {
        var key = KeyOf(client.Zone!, client.ClientId);
        if ((await engine.Values.GetAsync(key, default).ConfigureAwait(false)).TryGet(out var found) && found is { } stored)
            await engine.Values.PutAsync(key, stored.Bytes, KeptFor, stored.Version, default).ConfigureAwait(false);
    }

    /// <summary>Changes the streams of a request as was stored for its client; false when nothing is stored.</summary>
    internal async ValueTask<EngineAnswer<bool>> ApplyAsync(
        SubscribeRequest request, List<StreamSubscription> streams, CancellationToken cancellation)
    {
        var key = KeyOf(request.Zone!, request.ClientId!);
        if (!(await engine.Values.GetAsync(key, cancellation).ConfigureAwait(false)).TryGet(out var found)) return default;
        if (found is not { } stored) return new(false);
        var change = JsonSerializer.Deserialize(stored.Bytes.Span, NodeJson.Default.StoredChange)!;
        if (change.Subject != request.Subject) return new(false);
        streams.RemoveAll(s => change.Remove.Contains(s.Stream));
        foreach (var name in change.Add)
        {
            if (streams.Exists(s => s.Stream == name) || streams.Count >= options.MaxStreamsPerConnection) continue;
            if (request.AuthorizeStream is { } authorize && !await authorize(name).ConfigureAwait(false)) continue;
            // An addition whose stream is gone must not make the client's own streams unreachable.
            if (!options.AutoCreate)
            {
                if (!(await engine.Streams.ExistsAsync(name, cancellation).ConfigureAwait(false)).TryGet(out var exists)) return default;
                if (!exists) continue;
            }
            streams.Add(new StreamSubscription(name));
        }
        return new(true);
    }

    private static string KeyOf(string zone, string client) => $"subscriptions/{Uri.EscapeDataString(zone)}/{Uri.EscapeDataString(client)}";
}
