using System.Diagnostics;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Diagnostics;

/// <summary>
/// The spans of the activity source <c>AkkaSse</c>: <c>publish</c>, below it <c>append</c>, and on each node with readers <c>deliver</c>;
/// with several nodes an engine adds what the owner does. Where nobody listens it is one look at a field per publish. Thread-safe.
/// </summary>
internal static class HubTracing
{
    /// <summary>The source's name.</summary>
    internal const string SourceName = "AkkaSse";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Whether somebody listens.</summary>
    internal static bool IsOn => s_source.HasListeners();

    /// <summary>A publish, from the hub's rules to the engine's answer. Null: it is not sampled.</summary>
    /// <param name="stream">The stream; null for a batch, which may have many.</param>
    /// <param name="items">How many events there are.</param>
    internal static Activity? Publish(string? stream, int items)
    {
        if (s_source.StartActivity("publish", ActivityKind.Producer) is not { } span) return null;
        span.SetTag("messaging.system", "akkasse").SetTag("messaging.operation.name", "publish").SetTag("messaging.operation.type", "send");
        if (stream is not null) span.SetTag("messaging.destination.name", stream);
        if (items != 1) span.SetTag("messaging.batch.message_count", items);
        return span;
    }

    /// <summary>The engine's part of a publish.</summary>
    internal static Activity? Append(string engine) => s_source.StartActivity("append")?.SetTag("akkasse.engine", engine);

    /// <summary>How a publish has ended.</summary>
    internal static void Ended(Activity? span, in AppendResult result)
    {
        if (span is null) return;
        span.SetTag("akkasse.publish.status", result.Status.ToString());
        if (result.Status == PublishStatus.Accepted)
        {
            if (result.HasOffset) span.SetTag("messaging.message.id", result.Position.ToString());
            if (result.Duplicate) span.SetTag("akkasse.publish.duplicate", true);
            return;
        }
        // By its name, and not by its text, which may say what a publisher has sent.
        span.SetTag("error.type", result.Status.ToString()).SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>The options of an event that carries the context of its publish, unless its publisher has said another.</summary>
    internal static PublishOptions Carry(in PublishOptions asked, Activity? span) =>
        asked.TraceParent is null && ContextOf(span) is { } context ? asked with { TraceParent = context } : asked;

    /// <summary>What events carry of a span; null when it is not recorded, because then nobody looks for what follows.</summary>
    internal static string? ContextOf(Activity? span) =>
        span is { Recorded: true, IdFormat: ActivityIdFormat.W3C } ? span.Id : null;

    /// <summary>The way of an event from this node's log to the first of its readers, which has just been written to.</summary>
    internal static void Delivered(string stream, string id, in TraceParent parent, DateTimeOffset appended)
    {
        using var span = s_source.StartActivity("deliver", ActivityKind.Consumer, parent.ToContext(), startTime: appended);
        span?.SetTag("messaging.system", "akkasse").SetTag("messaging.operation.name", "deliver")
            .SetTag("messaging.operation.type", "process").SetTag("messaging.destination.name", stream).SetTag("messaging.message.id", id);
    }
}
