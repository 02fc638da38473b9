using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Replication;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>Lists streams by asking the nodes that hold them, page by page.</summary>
internal static class StreamLists
{
    private static readonly TimeSpan NodeLimit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A node that does not answer in time is named: others hold copies of what it holds, but it may own what has none. When none has
    /// answered, nobody can say.
    /// </summary>
    internal static async ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        StreamContext context, string prefix, string? after, int limit, CancellationToken cancellation)
    {
        var items = new List<StreamInfo>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        while (true)
        {
            // One more than asked for says whether there is a further page.
            var question = new ListNames(prefix, after, limit + 1);
            var view = context.Node.View;
            var nodes = view.Members.Where(static m => m.HostsStreams).ToArray();
            var answers = await Task.WhenAll(nodes.Select(m => AskAsync(context.Peers, m, question, cancellation))).ConfigureAwait(false);
            if (Array.TrueForAll(answers, static a => a is null)) return default;
            foreach (var (i, node) in nodes.Index())
            {
                // One that joins has nothing yet.
                if (answers[i] is null && node.IsMember) missing.Add(node.Name ?? node.Unique.Address.ToString());
            }
            var cut = Cut(answers);
            foreach (var (name, header) in Merge(answers, cut))
            {
                if (!header.Present) continue;
                if (items.Count == limit) return Page(items[^1].Name);
                items.Add(header.Info(name));
            }
            if (cut is null) return Page(null);
            after = cut;
        }

        EngineAnswer<Page<StreamInfo>> Page(string? next) => new(new Page<StreamInfo>(items, next) { Missing = [.. missing] });
    }

    /// <summary>Up to this name every node has said what it knows; null: all of it.</summary>
    internal static string? Cut(IReadOnlyList<ListedNames?> answers)
    {
        string? cut = null;
        foreach (var answer in answers)
        {
            if (answer is { More: true, Names: [.., var last] } && (cut is null || string.CompareOrdinal(last.Name, cut) < 0))
                cut = last.Name;
        }
        return cut;
    }

    /// <summary>One entry per name: the owner's word, else that of the copy that is furthest.</summary>
    internal static IEnumerable<(string Name, StreamHeader Header)> Merge(IReadOnlyList<ListedNames?> answers, string? cut)
    {
        var merged = new SortedDictionary<string, ListedName>(StringComparer.Ordinal);
        foreach (var answer in answers)
        {
            foreach (var name in answer?.Names ?? [])
            {
                if (cut is not null && string.CompareOrdinal(name.Name, cut) > 0) break;
                if (!merged.TryGetValue(name.Name, out var known) || IsBetter(name, known)) merged[name.Name] = name;
            }
        }
        return merged.Select(static m => (m.Key, m.Value.Header));
    }

    private static bool IsBetter(in ListedName name, in ListedName than) =>
        name.FromOwner != than.FromOwner ? name.FromOwner : name.Header.ChangedAt != than.Header.ChangedAt
            ? name.Header.ChangedAt > than.Header.ChangedAt
            : name.Header.Head > than.Header.Head;

    private static async Task<ListedNames?> AskAsync(
        ReplicaPeers peers, ClusterMember node, ListNames question, CancellationToken cancellation)
    {
        // It is known not to answer; waiting for that would hold up those who do.
        if (!node.Reachable) return null;
        try
        {
            var host = peers.HostAt(node.Unique.Address.ToString());
            return await host.Ask<ListedNames>(question, NodeLimit, cancellation).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
