using Akka.Actor;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>Lists streams by asking the nodes that hold them, page by page.</summary>
internal static class StreamLists
{
    private static readonly TimeSpan NodeLimit = TimeSpan.FromSeconds(2);

    /// <summary>A node that does not answer in time is left out: others hold copies of what it holds.</summary>
    internal static async ValueTask<Page<StreamInfo>> ListAsync(
        StreamContext context, string prefix, string? after, int limit, CancellationToken cancellation)
    {
        var items = new List<StreamInfo>();
        while (true)
        {
            // One more than asked for says whether there is a further page.
            var question = new ListNames(prefix, after, limit + 1);
            var answers = await Task.WhenAll(context.Peers.MembersOf(context.Node.View).Members.Select(
                m => AskAsync(context.Peers.HostOf(m), question, cancellation))).ConfigureAwait(false);
            var cut = Cut(answers);
            foreach (var (name, header) in Merge(answers, cut))
            {
                if (!header.Present) continue;
                if (items.Count == limit) return new Page<StreamInfo>(items, items[^1].Name);
                items.Add(header.Info(name));
            }
            if (cut is null) return new Page<StreamInfo>(items, null);
            after = cut;
        }
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

    private static async Task<ListedNames?> AskAsync(IActorRef host, ListNames question, CancellationToken cancellation)
    {
        try
        {
            return await host.Ask<ListedNames>(question, NodeLimit, cancellation).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
