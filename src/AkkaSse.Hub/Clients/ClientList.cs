using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Clients;

/// <summary>Decides the order and the pages of lists of clients. Pure.</summary>
internal static class ClientList
{
    /// <summary>What a client is ordered by, and what the next page begins after: the id, then the zone.</summary>
    internal static string KeyOf(ClientInfo client) => KeyOf(client.Id, client.Zone);

    /// <summary>A page of one node's clients.</summary>
    internal static NodeReply Page(ClientActor[] clients, NodeRequest request)
    {
        var matching = clients
            .Where(c => !c.IsUnnamed && (request.Zone is null || c.Zone == request.Zone) && HasPrefix(c.ClientId, request)
                && (request.Stream is null || Array.Exists(c.CursorSnapshot, x => x.Stream == request.Stream)))
            .Select(static c => (Key: KeyOf(c.ClientId, c.Zone), Client: c))
            .Where(c => request.After is null || string.CompareOrdinal(c.Key, request.After) > 0)
            .OrderBy(static c => c.Key, StringComparer.Ordinal)
            .Take(request.Limit + 1)
            .ToList();
        return new NodeReply
        {
            Clients = [.. matching.Take(request.Limit).Select(static c => c.Client.Info())],
            More = matching.Count > request.Limit,
        };
    }

    /// <summary>One page of the pages that the nodes have answered, in the same order; a node without an answer is named.</summary>
    internal static Page<ClientInfo> Merge(IReadOnlyList<NodeInfo> nodes, NodeReply?[] replies, NodeRequest request)
    {
        var limit = request.Limit;
        // Again: a node of an older version does not know the prefix, and the caller may see no other ids.
        var found = replies.Where(static r => r?.Clients is not null).SelectMany(static r => r!.Clients!)
            .Where(c => HasPrefix(c.Id, request))
            .OrderBy(KeyOf, StringComparer.Ordinal).ToList();
        var more = found.Count > limit || replies.Any(static r => r is { More: true });
        if (found.Count > limit) found.RemoveRange(limit, found.Count - limit);
        return new Page<ClientInfo>(found, more && found.Count > 0 ? KeyOf(found[^1]) : null)
        {
            Missing = [.. nodes.Where((_, i) => replies[i]?.Clients is null).Select(static n => n.Name)],
        };
    }

    private static bool HasPrefix(string id, NodeRequest request) =>
        request.Prefix is not { } prefix || id.StartsWith(prefix, StringComparison.Ordinal);

    private static string KeyOf(string id, string? zone) => zone is null ? id : id + "\u0001" + zone;
}
