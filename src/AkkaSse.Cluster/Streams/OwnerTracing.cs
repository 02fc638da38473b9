using System.Diagnostics;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// The span <c>commit</c> of a stream's owner: from the arrival of a node's append until a majority of the voters has it and the node is
/// answered. Its parent is the context that the first of the events carries. Where nobody listens no event is looked at.
/// </summary>
internal static class OwnerTracing
{
    // Publishers whose events go in one message are links of the one span; a message may have thousands of events.
    private const int MostLinks = 31;

    private static readonly ActivitySource s_source = new("AkkaSse");

    /// <summary>Null: nobody listens, no event carries a context, or it is not sampled.</summary>
    internal static Activity? Begin(string stream, AppendRequest request)
    {
        if (!s_source.HasListeners()) return null;
        var (parent, links) = Contexts(request);
        if (parent == default) return null;
        var before = Activity.Current;
        var span = s_source.StartActivity("commit", ActivityKind.Server, parent, tags: null, links);
        // An actor's thread goes on with other work.
        Activity.Current = before;
        return span?.SetTag("messaging.system", "akkasse").SetTag("messaging.destination.name", stream)
            .SetTag("messaging.batch.message_count", request.Count);
    }

    internal static void End(Activity span)
    {
        var before = Activity.Current;
        span.Dispose();
        Activity.Current = before;
    }

    private static (ActivityContext Parent, List<ActivityLink>? Links) Contexts(AppendRequest request)
    {
        ActivityContext parent = default;
        List<ActivityLink>? links = null;
        string? last = null;
        var blob = request.Items.Span;
        for (int at = 0, i = 0; i < request.Count; i++)
        {
            var size = EventBlob.SizeAt(blob, at);
            var text = EventCodec.TraceParentOf(blob.Slice(at + EventBlob.LengthBytes, size - EventBlob.LengthBytes));
            at += size;
            // A batch is one publish: its events carry the same.
            if (text is null || text == last || !ActivityContext.TryParse(text, null, isRemote: true, out var context)) continue;
            last = text;
            if (parent == default) parent = context;
            else (links ??= []).Add(new ActivityLink(context));
            if (links?.Count == MostLinks) break;
        }
        return (parent, links);
    }
}
